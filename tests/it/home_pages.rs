//! The first page and the head of every page, without scripts: the event and what it has raised, how listings concern the
//! visitor, search and filters, the menu. Nothing of schedulers is shown to guests.

use crate::cron::with_cron;
use crate::harness::{House, PASSWORD, Person, email, int, until};
use auction::store::clock::Clock;
use auction::web::request::Method;
use auction::web::route::Access;
use auction::web::routes::ROUTES;
use serde_json::json;

fn in_s(house: &House, seconds: i64) -> String {
    let now = int(&house.get("/api/v1/time").send().body()["unix_ms"]);
    auction::rules::time::Time(now).plus_s(seconds).to_string()
}

/// A published sale of lots A1 and on, each with its further options. Returns their listings.
fn publish(house: &House, sale: &str, closes_in_s: i64, more: &[&str], lots: &[&[&str]]) -> Vec<i64> {
    let closes_at = in_s(house, closes_in_s);
    let add = ["sale", "add", sale, "--name", "Spring evening", "--closes-at", &closes_at];
    house.run(&[&add[..], more].concat()).done();
    for (nth, more) in lots.iter().enumerate() {
        let lot = format!("A{}", nth + 1);
        let add = ["listing", "add", "--seller", "ann@example.org", "--title", "Lamp", "--opening", "1000"];
        house.run(&[&add[..], &["--sale", sale, "--lot", &lot], more].concat()).done();
    }
    house.run(&["sale", "publish", sale]).done();
    let details = house.told(&["sale", "show", sale]);
    details["lots"].as_array().unwrap().iter().map(|lot| int(&lot["listing"])).collect()
}

fn page(house: &House, path: &str, person: Option<&Person>) -> String {
    let call = house.get(path);
    let answer = person.map_or(house.get(path), |person| call.in_browser(person)).send();
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.text()
}

/// The head of the sale on a page.
fn hero(page: &str) -> &str {
    let hero = page.split_once("<section class=\"sale-head").expect("the page has a hero").1;
    hero.split("</section>").next().unwrap()
}

/// The value of an attribute within a text; `None` if it is not there.
fn attribute<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    Some(text.split_once(&format!("{name}=\""))?.1.split('"').next().unwrap())
}

fn raised(page: &str) -> Option<i64> {
    attribute(hero(page), "data-total").map(|total| total.parse().unwrap())
}

/// How the card of a listing says that it concerns the visitor.
fn mine(page: &str, listing: i64) -> Option<(String, String)> {
    let card = page.split(&format!("<li class=\"card\" data-listing=\"{listing}\"")).nth(1).expect("a card");
    let card = card.split("</li>").next().unwrap();
    let said = card.split_once("data-mine-said>").map(|(_, rest)| rest.split('<').next().unwrap());
    Some((attribute(card, "data-mine")?.to_owned(), said.unwrap_or_default().to_owned()))
}

#[test]
fn what_the_event_has_raised_is_what_its_report_says_while_it_runs_and_after() {
    let (house, ann, bob, cleo) = House::open();
    let what = ["--description", "For the library. All of it.\n\nMore below.", "--pickup", "In the hall"];
    let buy_now: &[&str] = &["--buy-now", "5000"];
    let ids = publish(&house, "spring", 3_600, &what, &[buy_now, buy_now, buy_now, &[]]);
    let report = || int(&house.told(&["sale", "report", "spring"])["hammer_total"]);
    let shown = page(&house, "/", None);
    assert_eq!((raised(&shown), report()), (Some(0), 0));
    let shown = hero(&shown);
    for words in [
        "<h1 class=\"hero-name\" id=\"hero-name\"><a href=\"/sales/spring\">Spring evening</a></h1>",
        "<p class=\"cause\">For the library. All of it. More below.</p>",
        "On now",
        "Sale ends in",
        "data-closes-at=",
        "Raised so far",
        "How it works",
        "Join or get a bidder number",
        "Bid: set your maximum",
        "href=\"/sales/spring#about-title\"",
        "href=\"/help\"",
        ">Join</a>",
        "See all 4 lots",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(!hero(&page(&house, "/", Some(&bob))).contains(">Join</a>"), "Bob has joined");
    for (id, n) in ids.iter().take(2).zip(1..) {
        house.post(&format!("/api/v1/listings/{id}/buy")).by(&bob).send().done(201);
        for path in ["/", "/?part=head", "/sales/spring", "/sales/spring?part=head"] {
            assert_eq!(raised(&page(&house, path, None)), Some(5_000 * n), "{path}");
        }
        assert_eq!(report(), 5_000 * n);
    }
    // What is outside of the sale is none of it.
    let lamp = house.list(&ann, json!({"buy_now": 7_000}));
    house.post(&format!("/api/v1/listings/{lamp}/buy")).by(&cleo).send().done(201);
    assert_eq!(raised(&page(&house, "/", None)), Some(10_000));
    // A reversal changes what is owed, not what was struck: the report keeps it, too.
    let settlement = int(&house.settlement(ids[0])["id"]).to_string();
    house.run(&["reverse", &settlement, "--why", "It was broken."]).done();
    assert_eq!(raised(&page(&house, "/", None)), Some(report()));
    house.run(&["listing", "cancel", &ids[2].to_string(), "--why", "It broke."]).done();
    house.run(&["listing", "cancel", &ids[3].to_string(), "--why", "It broke."]).done();
    let over = page(&house, "/", None);
    assert_eq!(raised(&over), Some(report()));
    for words in ["Last sale", "Ended", "The sale is over. Thank you!", "Total raised"] {
        assert!(hero(&over).contains(words), "{words}: {over}");
    }
    assert!(!hero(&over).contains("How it works") && !hero(&over).contains("data-countdown"), "{over}");
    // Another one is more important.
    let opens_at = in_s(&house, 1_800);
    publish(&house, "summer", 3_600, &["--opens-at", &opens_at], &[&[]]);
    let next = page(&house, "/", None);
    assert_eq!((attribute(hero(&next), "data-sale"), raised(&next)), (Some("summer"), None));
    assert!(
        hero(&next).contains("Next sale") && hero(&next).contains(&format!("data-opens-at=\"{opens_at}\""))
    );
}

#[test]
fn an_ended_sale_is_thanked_for_only_for_some_days() {
    let (mut house, _, bob, _) = House::open();
    let ids = publish(&house, "spring", 3_600, &[], &[&["--buy-now", "5000"]]);
    house.post(&format!("/api/v1/listings/{}/buy", ids[0])).by(&bob).send().done(201);
    assert_eq!(raised(&page(&house, "/", None)), Some(5_000));
    house.kill();
    let days_ago = "update standing set closes_at = closes_at - 8 * 86400000";
    house.connection().execute_batch(days_ago).unwrap();
    house.serve();
    assert!(!page(&house, "/", None).contains("data-sale="), "it is long over");
}

#[test]
fn without_a_sale_the_house_itself_says_how_it_works() {
    let (house, ann, ..) = House::open();
    house.set("name", "The Old Mill");
    house.set("welcome", "All proceeds go to the school.");
    let shown = until("the name is changed", || {
        let shown = page(&house, "/", None);
        shown.contains("All proceeds").then_some(shown)
    });
    let guest = hero(&shown);
    for words in [
        "<h1 class=\"hero-name\" id=\"hero-name\">The Old Mill</h1>",
        "<p class=\"welcome\">All proceeds go to the school.</p>",
        "How it works",
        "Pay and collect",
        ">Join</a>",
    ] {
        assert!(guest.contains(words), "{words}: {guest}");
    }
    assert!(shown.contains("Be the first to list something."));
    let hers = page(&house, "/", Some(&ann));
    assert!(hero(&hers).contains("How it works") && !hero(&hers).contains(">Join</a>"));
    // Among results there is no event.
    let found = page(&house, "/?q=lamp", None);
    assert!(!found.contains("sale-head") && found.contains("<h1 class=\"page-title\">Items</h1>"), "{found}");
    let korean = house.get("/").header("Accept-Language", "ko").send().text();
    for words in ["참여 방법", "가입하거나 번호 받기", "최대 입찰가 정해 입찰", "결제하고 수령"]
    {
        assert!(korean.contains(words), "{words}");
    }
}

#[test]
fn cards_say_how_each_listing_concerns_the_visitor() {
    let (house, ann, bob, cleo) = House::open();
    let [led, outbid, watched, won, of_others] = [0; 5].map(|_| house.list(&ann, json!({"buy_now": 90_000})));
    house.bid(&bob, led, 1_000).done(201);
    house.bid(&bob, outbid, 1_000).done(201);
    house.bid_with(&cleo, outbid, json!({"amount": 2_000, "max": 2_000})).done(201);
    house.post(&format!("/api/v1/listings/{watched}/watch")).by(&bob).send();
    house.post(&format!("/api/v1/listings/{won}/buy")).by(&bob).send().done(201);
    house.bid(&cleo, of_others, 1_000).done(201);
    let shown = page(&house, "/?state=all", Some(&bob));
    let says = |name: &str, words: &str| Some((name.to_owned(), words.to_owned()));
    let minimum = house.listing(outbid)["minimum"].clone();
    assert_eq!(minimum, 2_100);
    assert_eq!(mine(&shown, led), says("leading", "Leading"));
    assert_eq!(mine(&shown, outbid), says("outbid", "Outbid — bid ₩2,100"));
    assert_eq!(mine(&shown, watched), says("watching", "Watching"));
    assert_eq!(mine(&shown, won), says("won", "Won"));
    assert_eq!(mine(&shown, of_others), None);
    // The same to nobody else: not to the seller, not to a guest.
    for person in [Some(&ann), None] {
        let shown = page(&house, "/?state=all", person);
        for id in [led, outbid, watched, won, of_others] {
            assert_eq!(mine(&shown, id), None);
        }
    }
    assert_eq!(mine(&page(&house, "/", Some(&cleo)), outbid), says("leading", "Leading"));
    let korean = house.get("/").in_browser(&bob).header("Accept-Language", "ko").send().text();
    assert_eq!(mine(&korean, outbid), says("outbid", "상위 입찰 발생 · 2,100원부터"));
    // A sale that was reversed is nobody's.
    let settlement = int(&house.settlement(won)["id"]).to_string();
    house.run(&["reverse", &settlement, "--why", "It was broken."]).done();
    assert_eq!(mine(&page(&house, "/?state=all", Some(&bob)), won), None);
}

#[test]
fn search_and_filters_are_closed_until_they_are_used_and_keep_what_is_typed() {
    let (house, ann, ..) = House::open();
    house.list(&ann, json!({"title": "Brass lamp", "category": "Lamps"}));
    let is_open = |page: &str, part: &str| page.contains(&format!("<details class=\"find {part}\" open>"));
    for (query, text, more, n_set) in [
        ("", false, false, None),
        ("?q=brass", true, false, None),
        ("?category=Lamps", false, true, Some("1")),
        ("?show=watched", false, true, Some("1")),
        ("?show=watched&state=all", false, true, Some("1")),
        ("?state=open&sort=closes_at&q=", false, false, None),
        ("?q=brass&state=all&sort=bids&price_from=5&price_to=x", true, true, Some("3")),
    ] {
        let shown = page(&house, &format!("/{query}"), None);
        assert_eq!((is_open(&shown, "find-text"), is_open(&shown, "find-more")), (text, more), "{query}");
        assert_eq!(attribute(&shown, "data-filters"), n_set, "{query}");
    }
    let shown = page(&house, "/?q=brass&state=all&sort=bids&price_from=5&price_to=x", None);
    for kept in [
        "name=\"q\" value=\"brass\"",
        "value=\"bids\" selected",
        "value=\"all\" selected",
        "value=\"5\"",
        "value=\"x\"",
    ] {
        assert!(shown.contains(kept), "{kept}: {shown}");
    }
    assert!(shown.contains("role=\"alert\"") && shown.contains("href=\"/?q=brass\">Clear filters</a>"));
}

/// Where a person was outbid, as the page tells its script.
fn told_outbid(house: &House, person: &Person) -> Vec<i64> {
    let shown = page(house, "/help", Some(person));
    let told = shown.split("data-page>").nth(1).unwrap().split("</script>").next().unwrap();
    let told: serde_json::Value = serde_json::from_str(told).unwrap();
    told["outbid"].as_array().unwrap().iter().map(|on| int(&on["listing"])).collect()
}

#[test]
fn a_bidder_is_told_where_they_were_outbid_the_newest_bid_first() {
    let (house, ann, bob, cleo) = House::open();
    let [first, second, third] = [0; 3].map(|_| house.list(&ann, json!({})));
    for id in [first, second, third] {
        house.bid(&bob, id, 1_000).done(201);
    }
    for id in [second, third, first] {
        house.bid(&cleo, id, 2_000).done(201);
        let at = house.number("select max(at) from bid");
        until("time passes", || (Clock::default().now().0 > at).then_some(()));
    }
    assert_eq!(told_outbid(&house, &bob), [first, third, second]);
    assert!(told_outbid(&house, &cleo).is_empty());
    // Who may not bid is not told to bid again.
    house.run(&["account", "suspend", &email("Bob"), "--why", "rude"]).done();
    until("the suspension holds", || told_outbid(&house, &bob).is_empty().then_some(()));
}

#[test]
fn the_menu_marks_where_one_is_and_a_bidder_sees_their_number() {
    let (house, ann, bob, _) = House::open();
    publish(&house, "spring", 3_600, &[], &[&[]]);
    let marked = |path: &str, person: Option<&Person>| -> Vec<String> {
        let shown = page(&house, path, person);
        let head =
            shown.split("<header class=\"masthead\">").nth(1).unwrap().split("</header>").next().unwrap();
        let links = head.split("<a ").skip(1).filter(|link| link.contains("aria-current=\""));
        let place = |link: &str| {
            format!("{} {}", attribute(link, "href").unwrap(), attribute(link, "aria-current").unwrap())
        };
        links.map(|link| place(link.split('>').next().unwrap())).collect()
    };
    assert_eq!(marked("/", None), ["/ page"]);
    assert_eq!(marked("/?q=lamp", None), ["/ page"]);
    assert_eq!(marked("/sales", None), ["/sales page"]);
    assert_eq!(marked("/sales/spring", None), ["/sales true"]);
    assert_eq!(marked("/listings/1", None), Vec::<String>::new());
    assert_eq!(marked("/listings/new", Some(&ann)), ["/listings/new page"]);
    assert_eq!(marked("/account", Some(&ann)), ["/account page"]);
    assert_eq!(marked("/account/profile", Some(&ann)), ["/account true"]);
    assert!(!page(&house, "/", Some(&bob)).contains("me-number"));
    let sql = "insert into registration (sale_id, number, account_id, at) select id, 17, ?1, published_at from sale";
    assert_eq!(house.connection().execute(sql, [bob.id]).unwrap(), 1);
    assert!(page(&house, "/", Some(&bob)).contains("<span class=\"me-number\">No. 17</span>"));
    assert!(!page(&house, "/", Some(&ann)).contains("me-number"));
    let korean = house.get("/help").in_browser(&bob).header("Accept-Language", "ko").send().text();
    assert!(korean.contains("<span class=\"me-number\">17번</span>"));
}

/// Every page that a guest reaches, and the projector's.
fn pages_of_guests() -> Vec<String> {
    let guests = ROUTES.iter().filter(|route| {
        route.method == Method::Get
            && matches!(route.access, Access::Anyone)
            && !route.path.starts_with("/api/")
    });
    let not_pages = ["/events", "/metrics", "/healthz", "/readyz", "/sso", "/assets", "/pictures"];
    let is_page = |path: &&str| !not_pages.iter().any(|other| path.starts_with(other));
    let filled =
        |path: &str| path.replace("{id}", "1").replace("{code}", "spring").replace("{name}", "rules");
    guests.map(|route| route.path).filter(is_page).map(filled).collect()
}

#[test]
fn a_guest_and_a_projector_read_nothing_of_schedulers() {
    let mut house = with_cron();
    house.add("Bob");
    let admin =
        ["account", "add", "--email", "dora@example.org", "--name", "Dora", "--admin", "--password-stdin"];
    house.run_with(&admin, PASSWORD).done();
    house.set("scheduler", "cron");
    house.serve_by("cron");
    let [ann, bob, dora] = ["Ann", "Bob", "Dora"].map(|name| house.log_in(name));
    let id = house.list(&ann, json!({"closes_in_s": 7_200}));
    publish(&house, "spring", 3_600, &[], &[&[]]);
    until("the entry is armed", || (house.listing(id)["entry"] == "armed").then_some(()));
    house.run(&["settle", "--due"]).done();
    let age = "update heartbeat set at = at - 200000 where of in ('sweep', 'canary', 'proven')";
    house.connection().execute_batch(age).unwrap();
    let warned = |person| page(&house, "/", Some(person)).contains("class=\"warning\"");
    until("an admin is warned", || warned(&dora).then_some(()));
    assert!(warned(&ann), "a seller of a live listing is warned, too");
    assert!(!warned(&bob), "nobody else is");
    let pages = pages_of_guests();
    assert!(pages.len() > 15 && pages.contains(&"/board".to_owned()), "{pages:?}");
    for path in pages.iter().map(String::as_str).chain(["/nowhere", "/sales/spring?lot=z9", "/?q=lamp"]) {
        for lang in ["en", "ko"] {
            let shown = house.get(path).header("Accept-Language", lang).send().text();
            assert!(!shown.contains("class=\"warning\" role=\"status\">"), "{path}");
            // The manual says how the house keeps its deadlines; nothing of this house.
            for word in ["scheduler", "스케줄러"].iter().filter(|_| !path.starts_with("/help")) {
                assert!(!shown.to_lowercase().contains(word), "{path} says {word}: {shown}");
            }
        }
    }
}
