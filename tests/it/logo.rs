//! Whose house it is: the logo on every page, as icon and for home screens; the web manifest, shared links and the welcome.

use crate::harness::{House, until};
use auction::house::Opening;
use auction::store::clock::Clock;
use auction::store::log::Actor;
use image::{ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use serde_json::{Value, json};
use std::io::Cursor;
use std::path::PathBuf;

/// A file in the house's home folder.
fn file(house: &House, name: &str, bytes: &[u8]) -> String {
    let path: PathBuf = house.home().join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

/// A blue banner, four times as wide as it is high.
fn blue() -> RgbImage {
    RgbImage::from_pixel(1_600, 400, Rgb([20, 40, 200]))
}

/// The values of an attribute in the elements of a page that begin with `start`.
fn attributes<'p>(page: &'p str, start: &str, name: &str) -> Vec<&'p str> {
    let elements = page.split('<').filter(|element| element.starts_with(start));
    let value = |element: &'p str| element.split(&format!("{name}=\"")).nth(1)?.split('"').next();
    elements.filter_map(value).collect()
}

/// What a page says of itself to those who show a preview of it.
fn shared(page: &str, property: &str) -> Option<String> {
    let start = format!("meta property=\"{property}\"");
    attributes(page, &start, "content").first().map(|value| (*value).to_owned())
}

fn size_of(house: &House, path: &str) -> (u32, u32) {
    let reply = house.get(path).send();
    assert_eq!((reply.status, reply.header("Content-Type")), (200, Some("image/png")), "{path}");
    image::load_from_memory(&reply.body).map(|picture| (picture.width(), picture.height())).unwrap()
}

#[test]
fn a_logo_stands_on_every_page_in_the_tab_and_on_home_screens_until_it_is_removed() {
    let (house, ann, ..) = House::with(&[("name", "Harbour Night")]);
    house.list(&ann, json!({}));
    let home = || house.get("/").send().text();
    assert!(home().contains("<span>Harbour Night</span>") && home().contains("image/svg+xml"));
    let before = house.get("/favicon.ico").send();
    assert_eq!(before.header("Content-Type"), Some("image/svg+xml"));

    let logo = file(&house, "logo.png", &encoded(&blue(), ImageFormat::Png));
    let told = house.run(&["house", "logo", &logo, "--format", "json"]).done().json();
    assert_eq!((&told["logo"]["width"], &told["logo"]["height"]), (&json!(640), &json!(160)));
    until("the pages show it", || home().contains("class=\"logo\"").then_some(()));
    for path in ["/", "/board", "/join", "/login", "/help", "/listings/1", "/nowhere", "/desk/open"] {
        let page = house.get(path).send().text();
        let heads = page.split("<header class=\"masthead").nth(1).unwrap();
        let banner = attributes(heads, "img class=\"logo\"", "src");
        assert_eq!(attributes(heads, "img class=\"logo\"", "alt"), ["Harbour Night"], "{path}");
        assert_eq!(size_of(&house, banner[0]), (640, 160), "{path}");
        assert!(!page.contains("icon.svg") && !page.contains("image/svg"), "{path}");
        let icon = attributes(&page, "link rel=\"icon\"", "href");
        assert_eq!(size_of(&house, icon[0]), (32, 32), "{path}");
    }
    let page = home();
    assert_eq!(size_of(&house, attributes(&page, "link rel=\"apple-touch-icon\"", "href")[0]), (180, 180));
    assert_eq!(size_of(&house, "/favicon.ico"), (32, 32));
    // A picture is kept for ever by its hash, and known again by its tag.
    let banner = attributes(&page, "img class=\"logo\"", "src")[0];
    let reply = house.get(banner).send();
    assert!(reply.header("Cache-Control").unwrap().contains("immutable"), "{reply:?}");
    let again = house.get(banner).header("If-None-Match", reply.header("ETag").unwrap()).send();
    assert_eq!((again.status, again.body.len()), (304, 0));
    let other = banner.replace("banner", "icon_64");
    for path in [other.as_str(), "/logo/banner.000000000000.png", "/logo/banner.png", "/logo/..%2Fauction.db"]
    {
        assert_eq!(house.get(path).send().status, 404, "{path}");
    }

    // Another one has other addresses; without one, the paddle is back.
    let red = file(
        &house,
        "red.webp",
        &encoded(&RgbImage::from_pixel(90, 90, Rgb([200, 0, 0])), ImageFormat::WebP),
    );
    house.run(&["house", "logo", &red]).done();
    until("the other one is shown", || (!home().contains(banner)).then_some(()));
    assert_eq!(house.get(banner).send().status, 404);
    house.run(&["house", "logo", "--remove"]).done();
    until("the paddle is back", || home().contains("<span>Harbour Night</span>").then_some(()));
    assert_eq!(house.get("/favicon.ico").send().header("Content-Type"), Some("image/svg+xml"));
    assert!(house.run(&["house", "logo", "--remove"]).done().stdout.contains("no logo"), "done already");
    house.audit();
}

#[test]
fn what_is_no_logo_is_refused_with_a_sentence_and_nothing_changes() {
    let house = House::bare();
    let tall = RgbImage::from_pixel(20, 60, Rgb([0, 0, 0]));
    let long = RgbImage::from_pixel(400, 20, Rgb([0, 0, 0]));
    let tiny = RgbImage::from_pixel(15, 15, Rgb([0, 0, 0]));
    let whole = encoded(&blue(), ImageFormat::Jpeg);
    for (name, bytes, words) in [
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), "this file is an SVG"),
        ("a.png", b"<?xml version='1.0'?><svg onload='x'/>".to_vec(), "this file is an SVG"),
        ("a.gif", encoded(&tall, ImageFormat::Gif), "A logo is a PNG, JPEG or WebP"),
        ("a.txt", b"a logo".to_vec(), "A logo is a PNG, JPEG or WebP"),
        ("empty.png", Vec::new(), "A logo is a PNG, JPEG or WebP"),
        ("half.jpg", whole[..whole.len() / 2].to_vec(), "damaged or incomplete"),
        ("tall.png", encoded(&tall, ImageFormat::Png), "at most twice as high"),
        ("long.png", encoded(&long, ImageFormat::Png), "at most 10 times as wide"),
        ("tiny.png", encoded(&tiny, ImageFormat::Png), "16 pixels"),
        ("large.png", vec![0; 10 * 1_024 * 1_024 + 1], "10 MiB"),
    ] {
        let ran = house.run(&["house", "logo", &file(&house, name, &bytes)]);
        assert!(ran.status == 1 && ran.stderr.contains(words), "{name}: {ran:?}");
    }
    assert_eq!(house.number("select count(*) from logo"), 0);
    assert_eq!(house.run(&["house", "logo"]).status, 2);
    assert_eq!(house.run(&["house", "logo", "/nowhere/logo.png"]).status, 3);
}

#[test]
fn who_changes_the_logo_stands_in_the_log() {
    let house = House::bare();
    let logo = encoded(&blue(), ImageFormat::Png);
    let inside = auction::house::House::open(&house.dir(), Opening::Make, Clock::default()).unwrap();
    let inside = inside.acting_as(Actor::User("ann".into()));
    let stored = inside.set_logo(&logo).unwrap();
    assert!(inside.remove_logo().unwrap() && !inside.remove_logo().unwrap());
    let lines = "select group_concat(who || ' ' || what || ' ' || detail, char(10)) from log";
    let told: String = house.connection().query_row(lines, [], |row| row.get(0)).unwrap();
    let set = format!("user:ann house.logo {{\"hash\":\"{}\",\"width\":640,\"height\":160}}", stored.hash);
    assert_eq!(told, format!("{set}\nuser:ann house.logo {{\"hash\":null}}"));
}

#[test]
fn a_transparent_logo_gets_a_ground_on_which_it_is_seen() {
    let house = House::bare();
    for (name, colour, ground) in
        [("dark.png", [20, 20, 60], [255, 252, 243]), ("light.png", [250; 3], [18, 64, 47])]
    {
        let [red, green, blue] = colour;
        let pixel = |y: u32| Rgba([red, green, blue, if (40..80).contains(&y) { 255 } else { 0 }]);
        let mut bytes = Vec::new();
        let drawn = RgbaImage::from_fn(300, 120, |_, y| pixel(y));
        drawn.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
        house.run(&["house", "logo", &file(&house, name, &bytes)]).done();
        let read = |form: &str| -> Vec<u8> {
            let sql = "select png from logo where form = ?1";
            house.connection().query_row(sql, [form], |row| row.get(0)).unwrap()
        };
        let [banner, icon] =
            ["banner", "icon_180"].map(|form| image::load_from_memory(&read(form)).unwrap().to_rgb8());
        assert_eq!((banner.get_pixel(2, 2).0, banner.get_pixel(150, 60).0), (ground, colour), "{name}");
        assert_eq!((icon.get_pixel(2, 2).0, icon.get_pixel(90, 90).0), (ground, colour), "{name}");
    }
}

/// What Chromium asks for before it offers to install a house.
#[track_caller]
fn is_installable(house: &House, base: &str) -> Value {
    let page = house.get(&format!("{base}/")).send().text();
    let path = attributes(&page, "link rel=\"manifest\"", "href")[0].to_owned();
    let reply = house.get(&path).send();
    assert_eq!((reply.status, reply.header("Content-Type")), (200, Some("application/manifest+json")));
    let manifest = reply.body();
    assert_eq!((&manifest["start_url"], &manifest["display"]), (&json!("../"), &json!("standalone")));
    for side in [192, 512] {
        let sizes = json!(format!("{side}x{side}"));
        let icons = manifest["icons"].as_array().unwrap();
        let icon = icons.iter().find(|icon| icon["sizes"] == sizes && icon["purpose"] == "any").unwrap();
        assert_eq!(icon["type"], "image/png");
        let beside = url::Url::parse(&format!("http://x{path}")).unwrap().join(icon["src"].as_str().unwrap());
        assert_eq!(size_of(house, beside.unwrap().path()), (side, side));
    }
    manifest
}

#[test]
fn the_manifest_is_the_house_s_own_under_any_path_with_and_without_a_logo() {
    let (house, ..) = House::with(&[("name", "Harbour School Charity Night"), ("language", "ko")]);
    let manifest = is_installable(&house, "");
    assert_eq!(
        (&manifest["name"], &manifest["short_name"]),
        (&json!("Harbour School Charity Night"), &json!("Harbour"))
    );
    assert_eq!((&manifest["lang"], &manifest["theme_color"]), (&json!("ko"), &json!("#12402f")));
    house.set("accent", "#1d4ed8");
    house.set("public_url", "https://example.org/auction");
    let logo = file(&house, "logo.png", &encoded(&blue(), ImageFormat::Png));
    house.run(&["house", "logo", &logo]).done();
    until("the house follows", || {
        let page = house.get("/auction/").send().text();
        page.contains("/auction/logo/banner").then_some(())
    });
    let manifest = is_installable(&house, "/auction");
    assert_eq!(manifest["theme_color"], "#1d4ed8");
    assert!(
        manifest["icons"]
            .as_array()
            .unwrap()
            .iter()
            .all(|icon| icon["src"].as_str().unwrap().contains("logo/"))
    );
    let plain = house.get("/auction/assets/app.webmanifest").send();
    assert_eq!((plain.body(), plain.header("Cache-Control")), (manifest, Some("no-cache")));
}

#[test]
fn a_shared_link_shows_what_is_public_with_whole_addresses() {
    let (house, ann, ..) =
        House::with(&[("name", "Harbour <Night>"), ("public_url", "https://example.org/auction")]);
    let picture = encoded(&RgbImage::from_pixel(60, 40, Rgb([9, 99, 9])), ImageFormat::Png);
    let fields = [
        ("title", "Brass \"lamp\""),
        ("description", "It\nworks."),
        ("opening", "1000"),
        ("closes_in_s", "3600"),
        ("reserve", "77777"),
    ];
    let listed =
        house.post("/auction/api/v1/listings").by(&ann).multipart(&fields, Some(&picture)).send().done(201);
    let bare = house.list(&ann, json!({"title": "Vase", "description": ""}));
    let page = house.get(&format!("/auction/listings/{}", listed["id"])).send().text();
    let url = format!("https://example.org/auction/listings/{}", listed["id"]);
    assert_eq!(shared(&page, "og:url"), Some(url));
    assert_eq!(shared(&page, "og:title").unwrap(), "Brass &#34;lamp&#34;");
    assert_eq!(shared(&page, "og:description").unwrap(), "Brass &#34;lamp&#34; · It works.");
    assert_eq!(shared(&page, "og:site_name").unwrap(), "Harbour &#60;Night&#62;");
    let image = shared(&page, "og:image").unwrap();
    let path = image.strip_prefix("https://example.org").unwrap();
    assert_eq!(house.get(path).send().header("Content-Type"), Some("image/jpeg"), "{image}");
    assert!(page.contains("name=\"twitter:card\" content=\"summary_large_image\""));
    let head = page.split("</head>").next().unwrap();
    assert!(!head.contains("77777") && !head.contains("Ann"), "{head}");

    let page = house.get(&format!("/auction/listings/{bare}")).send().text();
    let preview = shared(&page, "og:image").unwrap();
    assert_eq!(size_of(&house, preview.strip_prefix("https://example.org").unwrap()), (1_200, 630));
    assert_eq!(shared(&page, "og:image:width").as_deref(), Some("1200"));
    assert!(page.contains("name=\"twitter:card\" content=\"summary_large_image\""));
    let home = house.get("/auction/").send().text();
    let icon = shared(&home, "og:image").unwrap();
    assert_eq!(size_of(&house, icon.strip_prefix("https://example.org").unwrap()), (512, 512));
    assert!(home.contains("name=\"twitter:card\" content=\"summary\""));
    assert_eq!(shared(&home, "og:url").unwrap(), "https://example.org/auction/");
    assert_eq!(shared(&home, "og:title").unwrap(), "Harbour &#60;Night&#62;");
    assert_eq!(shared(&home, "og:type").unwrap(), "website");
    let korean = house.get("/auction/?lang=ko").send().text();
    assert_eq!(shared(&korean, "og:locale").unwrap(), "ko_KR");
    let text = file(&house, "about.md", b"# Us\n\nAn auction house.");
    house.run(&["house", "page", "about", &text]).done();
    let about = || house.get("/auction/about").send();
    until("the page is there", || (about().status == 200).then_some(()));
    assert_eq!(shared(&about().text(), "og:url").unwrap(), "https://example.org/auction/about");
    // Without a public address there is none to give; what belongs to one person is no page to share.
    house.set("public_url", "none");
    until("the house follows", || shared(&house.get("/").send().text(), "og:url").is_none().then_some(()));
    assert_eq!(shared(&house.get("/").send().text(), "og:image"), None);
    assert_eq!(shared(&house.get("/account").in_browser(&ann).send().text(), "og:title"), None);
}

#[test]
fn the_welcome_stands_above_the_listings_and_on_the_way_in() {
    let (house, ..) = House::open();
    let words = "Welcome! <b>All</b> proceeds go to the school.";
    house.set("welcome", &format!("  {words} "));
    let shown = "<p class=\"welcome\">Welcome! &#60;b&#62;All&#60;/b&#62; proceeds go to the school.</p>";
    for path in ["/", "/join"] {
        until("it is shown", || house.get(path).send().text().contains(shown).then_some(()));
    }
    let home = house.get("/").send().text();
    assert!(home.find(shown) < home.find("class=\"finder\""), "above the listings");
    assert!(!house.get("/login").send().text().contains("class=\"welcome\""));
    for wrong in ["", " ", "two\nlines", &"x".repeat(301)] {
        assert_eq!(house.run(&["house", "set", "welcome", wrong]).status, 1, "{wrong}");
    }
    house.run(&["house", "set", "welcome", &"x".repeat(300)]).done();
    house.set("welcome", "none");
    until("it is gone", || (!house.get("/").send().text().contains("class=\"welcome\"")).then_some(()));
}
