//! A house under a path of its host, as `public_url` says: every link it writes has the path, and a request may come
//! with it or without. What leaves the machine (codes on paper, mails) leads to `public_url`, whatever way its visitor
//! came.

use crate::harness::{House, PASSWORD, Reply, email, until};
use crate::post::{AT_ONCE, Mailbox, house_with};
use serde_json::{Value, json};

const PUBLIC: &str = "https://example.org/auction";

fn under_a_path() -> (House, crate::harness::Person, crate::harness::Person) {
    let (house, ann, bob, _) = House::with(&[("public_url", PUBLIC)]);
    (house, ann, bob)
}

/// The paths in a page's attributes, as a browser reads them.
pub fn paths(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["href", "src", "action", "formaction"] {
        let begin = format!(" {name}=\"");
        let values = page.split(&begin).skip(1).map(|rest| rest.split('"').next().unwrap());
        found.extend(
            values.filter(|value| !value.starts_with(['#', 'd'])).map(|value| value.replace("&amp;", "&")),
        );
    }
    for set in page.split(" srcset=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        found.extend(set.split(", ").map(|one| one.split(' ').next().unwrap().to_owned()));
    }
    assert!(found.len() > 8, "{page}");
    found
}

#[track_caller]
fn all_under_the_path(page: &str) {
    for path in paths(page) {
        let twice = path.matches("/auction/").count();
        assert!(path.starts_with("/auction/") && twice == 1, "{path} in {page}");
    }
}

fn cookies(reply: &Reply) -> Vec<&str> {
    reply
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("Set-Cookie"))
        .map(|(_, value)| &**value)
        .collect()
}

#[test]
fn a_request_comes_with_the_path_or_without_and_every_link_has_it() {
    let (house, ann, bob) = under_a_path();
    let id = house.list(&ann, json!({"buy_now": 5_000, "category": "Lamps"}));
    let listing = format!("/listings/{id}");
    for path in [
        "/",
        "/?q=lamp&state=all",
        "/board",
        &listing,
        "/account",
        "/listings/new",
        "/nowhere",
        "/help",
        "/help/settings",
        "/help/nowhere",
        "/login",
        "/join",
    ]
    .into_iter()
    .chain([&*format!("{listing}/sheet"), &*format!("{listing}/proof")])
    {
        for person in [None, Some(&ann), Some(&bob)] {
            let get = |path: &str| {
                let call = house.get(path);
                person.map_or_else(|| house.get(path), |person| call.in_browser(person)).send()
            };
            let (inside, outside) = (get(path), get(&format!("/auction{path}")));
            assert_eq!(inside.status, outside.status, "{path}");
            for reply in [inside, outside] {
                match reply.header("Location") {
                    Some(way) => assert!(way.starts_with("/auction/login?next=/"), "{path}: {way}"),
                    None => all_under_the_path(&reply.text()),
                }
            }
        }
    }
    // A page on which a part is shared, and one that is compressed.
    house.bid(&bob, id, 1_000).done(201);
    all_under_the_path(&house.get(&listing).in_browser(&bob).send().text());
}

#[test]
fn forms_lead_on_under_the_path_and_cookies_are_for_it_alone() {
    let (house, ann, _) = under_a_path();
    let id = house.list(&ann, json!({}));
    let own = |path: &str| house.post(path).header("Sec-Fetch-Site", "same-origin");
    for (next, location) in [
        ("/".to_owned(), "/auction/?done=logged-in".to_owned()),
        (format!("/listings/{id}#receipts"), format!("/auction/listings/{id}?done=logged-in#receipts")),
        (format!("/auction/listings/{id}"), format!("/auction/listings/{id}?done=logged-in")),
        ("//evil.example".to_owned(), "/auction/?done=logged-in".to_owned()),
        ("/auction//evil.example".to_owned(), "/auction/?done=logged-in".to_owned()),
        ("https://example.org/auction/".to_owned(), "/auction/?done=logged-in".to_owned()),
    ] {
        let fields = [("email", &*email("Bob")), ("password", PASSWORD), ("next", &next)];
        let entered = own("/auction/login").form(&fields).send();
        assert_eq!((entered.status, entered.header("Location")), (303, Some(&*location)), "{next}");
        let set = cookies(&entered);
        assert!(!set.is_empty() && set.iter().all(|cookie| cookie.contains("; Path=/auction/;")), "{set:?}");
    }
    let watched = own(&format!("/listings/{id}/watch")).form(&[("on", "yes")]).send();
    assert!(cookies(&watched)[0].contains("; Path=/auction/;"), "{watched:?}");
    assert_eq!(watched.header("Location"), Some(&*format!("/auction/listings/{id}?done=watched")));
    let korean = house.get("/auction/?lang=ko").send();
    assert!(cookies(&korean)[0].contains("; Path=/auction/;"), "{korean:?}");
    let (left, person) = (own("/auction/logout"), house.log_in("Bob"));
    let left = left.with_cookie(&person).form(&[]).send();
    assert_eq!((left.status, left.header("Location")), (303, Some("/auction/?done=logged-out")));
    assert!(cookies(&left).iter().all(|cookie| cookie.contains("; Path=/auction/;")), "{left:?}");
}

#[test]
fn the_bare_path_leads_into_the_house() {
    let (house, ..) = under_a_path();
    for (path, location) in [("/auction", "/auction/"), ("/auction?lang=ko", "/auction/?lang=ko")] {
        let moved = house.get(path).send();
        assert_eq!((moved.status, moved.header("Location")), (308, Some(location)));
    }
    assert_eq!(house.get("/auctions").send().status, 404);
    assert_eq!(house.get("/auction/auction/").send().status, 404);
    for path in ["/healthz", "/readyz", "/metrics", "/favicon.ico", "/api/v1/time"] {
        assert_eq!(house.get(path).send().status, 200, "{path}");
        assert_eq!(house.get(&format!("/auction{path}")).send().status, 200, "{path}");
    }
}

/// Programs that follow what the API says come to the right place, too.
#[test]
fn the_api_names_pictures_and_itself_under_the_path() {
    let (house, ann, _) = under_a_path();
    let watcher = house.watch("listings=all", None);
    // Larger than any body but a form with pictures may be: which it is, is known under the path, too.
    let noise = image::RgbImage::from_fn(256, 256, |x, y| {
        image::Rgb([(x * 7) ^ (y * 13), x * y, x ^ (y * 31)].map(|n| (n * 97 % 251) as u8))
    });
    let mut png = Vec::new();
    noise.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
    assert!(png.len() > 64 << 10, "{}", png.len());
    let fields = [("title", "/pictures/lamp"), ("opening", "1000"), ("closes_in_s", "3600")];
    let listed = house.post("/auction/api/v1/listings").by(&ann).multipart(&fields, Some(&png)).send();
    let listing = listed.body();
    let id = listing["id"].as_i64().unwrap();
    assert_eq!(listed.header("Location"), Some(&*format!("/auction/api/v1/listings/{id}")));
    let told: Value = watcher.wait_for("listed").data;
    for listing in [&listing, &house.listing(id), &told] {
        assert_eq!(listing["title"], "/pictures/lamp");
        for path in [&listing["picture"], &listing["thumbnail"], &listing["pictures"][0]] {
            let path = path.as_str().unwrap();
            assert!(path.starts_with("/auction/pictures/"), "{path}");
            assert_eq!(house.get(path).send().status, 200);
        }
    }
    let document = house.get("/auction/api/v1/openapi.json").send().done(200);
    assert_eq!(document["servers"], json!([{"url": "/auction"}]));
    let manifest = house.get("/auction/assets/app.webmanifest").send().body();
    assert_eq!((&manifest["start_url"], &manifest["scope"]), (&json!("../"), &json!("../")));
}

#[test]
fn a_running_server_follows_a_changed_address() {
    let (house, ..) = House::open();
    let home = || house.get("/").send().text();
    assert!(home().contains("href=\"/board\"") && house.get("/auction/").send().status == 404);
    house.set("public_url", "https://example.org/auction/");
    assert!(
        house.run(&["house", "show"]).stdout.contains("https://example.org/auction "),
        "without its last slash"
    );
    until("links have the path", || home().contains("href=\"/auction/board\"").then_some(()));
    assert_eq!(house.get("/auction/board").send().status, 200);
    house.set("public_url", "https://example.org");
    until("links have none", || home().contains("href=\"/board\"").then_some(()));
    assert_eq!(house.get("/auction/board").send().status, 404);
}

#[test]
fn what_is_no_address_is_refused_and_changes_nothing() {
    let house = House::bare();
    house.set("public_url", PUBLIC);
    for wrong in [
        "example.org",
        "https://example.org/?x",
        "https://example.org/#x",
        "https://u:p@example.org",
        "https://example.org/api",
    ] {
        let ran = house.run(&["house", "set", "public_url", wrong]);
        assert!(ran.status == 1 && ran.stderr.contains("public_url"), "{ran:?}");
    }
    assert!(house.run(&["house", "show"]).stdout.contains(PUBLIC));
    house.set("public_url", "none");
}

fn code(page: &str) -> &str {
    page.split("data-code=\"").nth(1).unwrap().split('"').next().unwrap()
}

#[test]
fn a_printed_code_leads_to_the_public_address_or_says_that_it_leads_nowhere() {
    let (house, ann, ..) = House::open();
    let id = house.list(&ann, json!({}));
    let sheet = |host: &str, lang: &str| {
        house.get(&format!("/listings/{id}/sheet?lang={lang}")).header("Host", host).send().text()
    };
    for host in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080"] {
        for (lang, words) in [("en", "only on this computer"), ("ko", "이 컴퓨터에서만")] {
            let page = sheet(host, lang);
            assert_eq!(code(&page), format!("http://{host}/listings/{id}"));
            assert!(page.contains("data-out-of-reach") && page.contains(words), "{page}");
            assert!(page.contains("auction house set public_url https://"), "{page}");
        }
    }
    let page = sheet("192.168.1.5:8080", "en");
    assert_eq!(code(&page), format!("http://192.168.1.5:8080/listings/{id}"));
    assert!(!page.contains("data-out-of-reach"));
    house.set("public_url", PUBLIC);
    until("the code leads there", || {
        (code(&sheet("localhost:8080", "en")) == format!("{PUBLIC}/listings/{id}")).then_some(())
    });
    let page = sheet("localhost:8080", "en");
    assert!(
        !page.contains("data-out-of-reach")
            && page.contains(&format!("paper-address\">{PUBLIC}/listings/{id}<"))
    );
    let proof = house.get(&format!("/listings/{id}/proof")).send().text();
    assert!(proof.contains(&format!("curl '{PUBLIC}/api/v1/listings/{id}/proof'")), "{proof}");
}

#[test]
fn the_doctor_looks_at_the_public_address() {
    let house = House::bare();
    for (address, words, advises) in [
        ("none", "mails have no links", true),
        ("http://localhost:8080", "this machine alone", true),
        ("http://auction.example.org", "plain http", true),
        (PUBLIC, "by https", false),
    ] {
        house.set("public_url", address);
        let findings: Value = house.run(&["doctor", "--format", "json"]).json();
        let finding =
            findings.as_array().unwrap().iter().find(|finding| finding["name"] == "public_url").unwrap();
        assert!(finding["ok"] == true && finding["words"].as_str().unwrap().contains(words), "{finding}");
        assert_eq!(finding["what_to_do"] != "", advises, "{finding}");
    }
}

#[test]
fn mails_lead_under_the_path() {
    let mailbox = Mailbox::open(&[]);
    let settings = [&AT_ONCE[..], &[("public_url", PUBLIC)]].concat();
    let (house, ann, bob, cleo) = house_with(&mailbox.entries(), &settings);
    let id = house.list(&ann, json!({}));
    house.bid(&bob, id, 1_000).done(201);
    house.bid(&cleo, id, 2_000).done(201);
    let mails = mailbox.wait_for(1);
    let text = mails[0].to_string();
    for link in [format!("{PUBLIC}/listings/{id}"), format!("{PUBLIC}/account#mail")] {
        assert!(text.contains(&link), "{text}");
    }
}

/// An older house took any path, and used it in mails alone.
#[test]
fn an_old_address_that_would_be_refused_today_moves_nothing() {
    let mut house = House::bare();
    house.set("public_url", PUBLIC);
    let put = "update house set value = 'https://example.org/listings' where key = 'public_url'";
    assert_eq!(house.connection().execute(put, []).unwrap(), 1);
    house.serve();
    assert_eq!(house.get("/listings/new").send().status, 303);
    assert!(house.get("/").send().text().contains("href=\"/board\""));
    assert!(house.run(&["doctor"]).stdout.contains("may not begin with /listings"));
}
