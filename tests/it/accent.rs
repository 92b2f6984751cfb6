//! The house's colour: refused where it is hard to read, and on links, buttons and the focus ring otherwise.

use crate::harness::{House, until};
use auction::house::settings::accent::{GROUND, NIGHT_GROUND};
use auction::rules::colour::Colour;
use serde_json::json;

/// The values of a token in the style sheet: by day, and at night.
fn token(name: &str) -> [Colour; 2] {
    let sheet = include_str!("../../src/web/assets/style/tokens.css");
    let (day, night) = sheet.split_once("@media (prefers-color-scheme: dark)").unwrap();
    let value = |part: &str| {
        let line = part.split(&format!(" --{name}: ")).nth(1).unwrap();
        Colour::parse(&line[..7]).unwrap()
    };
    [value(day), value(night)]
}

#[test]
fn the_grounds_are_those_of_the_pages_on_which_a_colour_is_read_the_worst() {
    let black = Colour::parse("#000000").unwrap();
    assert_eq!((GROUND, NIGHT_GROUND), (token("paper")[0], token("sheet")[1]));
    for other in ["paper", "sheet", "field"] {
        let [day, night] = token(other);
        assert!(day.contrast(black) >= GROUND.contrast(black), "{other} is darker by day");
        assert!(night.contrast(black) <= NIGHT_GROUND.contrast(black), "{other} is lighter at night");
    }
    // The house's own colours would pass, too.
    assert!(token("link")[0].is_readable_on(GROUND) && token("link")[1].is_readable_on(NIGHT_GROUND));
}

#[test]
fn a_colour_that_is_hard_to_read_is_refused_with_its_contrast_and_one_that_would_do() {
    let house = House::bare();
    let ran = house.run(&["house", "set", "accent", "#FFCC00"]);
    assert!(ran.status == 1 && ran.stderr.contains("1.30 to 1") && ran.stderr.contains("4.50"), "{ran:?}");
    let proposed = ran.stderr.split('#').nth(3).map(|rest| format!("#{}", &rest[..6])).unwrap();
    house.run(&["house", "set", "accent", &proposed]).done();
    for wrong in ["blue", "#fff", "1d4ed8", "#1d4ed8 ", "", "#12345g", "rgb(0,0,0)"] {
        let status = house.run(&["house", "set", "accent", wrong]).status;
        assert_eq!(status, i32::from(wrong != "#1d4ed8 "), "{wrong}");
    }
    let told = house.run(&["house", "set", "accent", "#1D4ED8", "--format", "json"]).done().json();
    assert_eq!(told, json!({"key": "accent", "value": "#1d4ed8"}));
    house.set("accent", "none");
}

#[test]
fn the_pages_wear_it_by_a_style_sheet_of_their_own_and_its_ink_can_be_read() {
    let (house, ..) = House::with(&[("accent", "#1d4ed8")]);
    let sheet_of = |path: &str| {
        let page = house.get(path).send().text();
        let found = page.split("href=\"").find(|rest| rest.starts_with("/assets/accent.")).map(str::to_owned);
        assert!(!page.contains("style=\"") && !page.contains("<style"), "{path}");
        found.map(|rest| rest.split('"').next().unwrap().to_owned())
    };
    let path = sheet_of("/").unwrap();
    for other in ["/join", "/board", "/help", "/nowhere", "/desk/open"] {
        assert_eq!(sheet_of(other).as_ref(), Some(&path), "{other}");
    }
    let reply = house.get(&path).send();
    assert_eq!(reply.header("Content-Type"), Some("text/css; charset=utf-8"));
    assert!(reply.header("Cache-Control").unwrap().contains("immutable"));
    let (day, night) =
        reply.text().split_once("dark").map(|(day, night)| (day.to_owned(), night.to_owned())).unwrap();
    for (css, ground) in [(day, GROUND), (night, NIGHT_GROUND)] {
        let value = |name: &str| {
            let at = css.split(&format!("--{name}: ")).nth(1).unwrap();
            Colour::parse(&at[..7]).unwrap()
        };
        assert!(value("link").is_readable_on(ground) && value("focus").contrast(ground) >= 300, "{css}");
        assert!(value("on-paddle").is_readable_on(value("paddle")), "{css}");
    }
    // A page from before a change still finds its colour; a made-up one is served to nobody.
    house.set("accent", "#7a1f5c");
    until("the pages follow", || (sheet_of("/")? != path).then_some(()));
    assert_eq!(house.get(&path).send().status, 200);
    assert_eq!(house.get(&path.replace("1d4ed8", "ffcc00")).send().status, 404);
    house.set("accent", "none");
    until("the pages are as they were", || sheet_of("/").is_none().then_some(()));
}
