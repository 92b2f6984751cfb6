//! Categories: named in every way that a thing is listed, offered on the home page, searched for, taken along.

use crate::harness::House;
use serde_json::{Value, json};

/// The categories that a page offers, each with its figure; the chosen one is marked by a star.
fn shelves(page: &str) -> Vec<String> {
    let Some((_, nav)) = page.split_once("<nav class=\"shelves\"") else { return Vec::new() };
    let links = nav.split("</nav>").next().unwrap().split("<a ").skip(1);
    let text = |link: &str| {
        let chosen = if link.contains("aria-current") { "*" } else { "" };
        let words = link.split_once('>').unwrap().1.split("</a>").next().unwrap();
        format!("{chosen}{}", words.replace("<span class=\"count\">", "").replace("</span>", ""))
    };
    links.map(text).collect()
}

fn titles(page: &str) -> Vec<&str> {
    page.split("card-title\">").skip(1).map(|card| card.split('<').next().unwrap()).collect()
}

#[test]
fn things_are_found_by_their_category() {
    let (house, ann, ..) = House::open();
    let list = |title: &str, category: Value| house.list(&ann, json!({"title": title, "category": category}));
    assert!(shelves(&house.get("/").send().text()).is_empty(), "nothing to choose from yet");
    list("Old map", json!("Books & <paper>"));
    list("Radio", json!("Curiosities"));
    // However it is written, it is the same.
    let atlas = list("Atlas", json!("  books & <PAPER> "));
    list("Lamp", json!(""));
    assert_eq!(house.listing(atlas)["category"], "Books & <paper>");
    assert_eq!(house.listing(4)["category"], Value::Null);

    let page = house.get("/").send().text();
    assert_eq!(shelves(&page), ["*All categories", "Books &#38; &#60;paper&#62; 2", "Curiosities 1"]);
    let page = house.get("/?category=books+%26+%3Cpaper%3E&sort=newest&limit=1").send().text();
    assert_eq!(titles(&page), ["Atlas"]);
    assert_eq!(shelves(&page)[1], "*Books &#38; &#60;paper&#62; 2");
    let next = page.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&");
    assert_eq!(titles(&house.get(&format!("{next}&limit=1")).send().text()), ["Old map"], "{next}");
    assert!(page.contains("<input type=\"hidden\" name=\"category\" value=\"books &#38; &#60;paper&#62;\">"));
    // The search for words looks at it, too; none of its letters is a pattern.
    assert_eq!(titles(&house.get("/?q=curio").send().text()), ["Radio"]);
    assert!(titles(&house.get("/?q=curio&category=books+%26+%3Cpaper%3E").send().text()).is_empty());
    let nothing = house.get("/?category=Cars").send().text();
    assert_eq!(shelves(&nothing)[3], "*Cars");
    assert!(nothing.contains("class=\"empty\""), "{nothing}");
    let found = house.get("/api/v1/listings?category=CURIOSITIES").send().done(200);
    assert_eq!(found["listings"].as_array().unwrap().len(), 1);
    assert_eq!(found["listings"][0]["title"], "Radio");
    let room = house.get(&format!("/listings/{atlas}")).send().text();
    assert!(room.contains("href=\"/?category=Books%20%26%20%3Cpaper%3E\""), "{room}");
    // What has ended is on no shelf.
    house.run(&["listing", "cancel", "2", "--why", "broken"]).done();
    assert_eq!(shelves(&house.get("/").send().text()).len(), 2);
}

#[test]
fn a_category_is_named_by_form_by_command_and_by_file_and_is_taken_along() {
    let (house, ann, ..) = House::open();
    let watcher = house.watch("listings=all", None);
    house.list(&ann, json!({"category": "가구"}));
    assert_eq!(watcher.event().data["category"], "가구");
    for bad in [json!("x".repeat(41)), json!("two\nlines"), json!(7)] {
        let problem = house.try_list(&ann, json!({"category": bad})).refused(422, "invalid");
        assert!(problem["fields"]["category"].is_string(), "{problem}");
    }
    let form = house.get("/listings/new").in_browser(&ann).send().text();
    assert!(form.contains("<datalist id=\"categories\"><option value=\"가구\">"), "{form}");
    let fields = [("title", "Lamp"), ("opening", "1"), ("closes_in_s", "600"), ("category", "Lamps")];
    let post = |fields: &[(&str, &str)]| house.post("/listings/new").in_browser(&ann).form(fields).send();
    let faulty = post(&[&fields[..], &[("reserve", "none")]].concat());
    assert!(faulty.status == 422 && faulty.text().contains("value=\"Lamps\""), "it is kept with the draft");
    let long = "x".repeat(41);
    let faulty = post(&[&fields[..3], &[("category", long.as_str())]].concat()).text();
    assert!(faulty.contains("id=\"category-error\">Enter one line of at most 40"), "{faulty}");
    assert_eq!(post(&fields).status, 303);
    let words =
        "listing add --seller ann@example.org --title Map --opening 5 --closes-in 24h --category lamps";
    house.run(&words.split(' ').collect::<Vec<_>>()).done();
    let csv = house.home().join("lots.csv");
    std::fs::write(&csv, "seller,title,opening,closes_in_s,category\nann@example.org,Chair,5,3600,=가구\n")
        .unwrap();
    house.run(&["listing", "import", csv.to_str().unwrap()]).done();
    for (id, category) in [(2, "Lamps"), (3, "Lamps"), (4, "=가구")] {
        assert_eq!(house.listing(id)["category"], category);
    }
    assert!(house.run(&["listing", "show", "3"]).done().stdout.contains("category   Lamps"));
    let exported = house.run(&["export", "listings"]).done().stdout;
    let mut rows = csv::Reader::from_reader(exported.as_bytes());
    let at = rows.headers().unwrap().iter().position(|name| name == "category").unwrap();
    let column: Vec<String> = rows.records().map(|row| row.unwrap()[at].to_owned()).collect();
    assert_eq!(column, ["가구", "Lamps", "Lamps", "'=가구"], "no formula");
    house.audit();
}
