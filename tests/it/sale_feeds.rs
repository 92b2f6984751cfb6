//! A sale as a calendar and as a feed, read by others than the program that writes them: the calendar line by line, by
//! the rules of RFC 5545, and the feed by Python's reader of XML.

use crate::harness::{House, run};
use crate::sale_api::{add_lot, draft, fill, publish};
use auction::rules::time::Time;
use serde_json::{Value, json};
use std::process::Command;

/// Title, description and name with everything that a format must escape.
const TITLE: &str =
    "Lamp, \"brass\"; <old> & \\new — 놋쇠 램프가 달린 오래된 의자와 책상 세트입니다 그리고 더";
const DESCRIPTION: &str = "First line: 50%, heavy;\nsecond \\n line & <b>more</b>";

/// The lines of a calendar, unfolded. Panics at what RFC 5545 (3.1) does not allow.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    assert!(text.ends_with("\r\n"), "{text}");
    for line in text.strip_suffix("\r\n").unwrap().split("\r\n") {
        assert!(line.len() <= 75, "{} bytes: {line}", line.len());
        assert!(!line.chars().any(char::is_control), "{line:?}");
        match line.strip_prefix(' ') {
            Some(rest) => lines.last_mut().unwrap().push_str(rest),
            None => lines.push(line.to_owned()),
        }
    }
    lines
}

/// The value of a text, unescaped (3.3.11).
fn unescaped(value: &str) -> String {
    let (mut text, mut chars) = (String::new(), value.chars());
    while let Some(c) = chars.next() {
        assert!(c != ',' && c != ';', "a mark that is not escaped: {value}");
        match c {
            '\\' => match chars.next().unwrap() {
                'n' | 'N' => text.push('\n'),
                c @ ('\\' | ',' | ';') => text.push(c),
                c => panic!("no escape: \\{c}"),
            },
            c => text.push(c),
        }
    }
    text
}

/// Name and value of each property of the calendar, and of each event.
type Properties = Vec<(String, String)>;

fn read(text: &str) -> (Properties, Vec<Properties>) {
    let (mut calendar, mut events, mut open) = (Vec::new(), Vec::<Properties>::new(), Vec::new());
    for line in lines(text) {
        let (name, value) = line.split_once(':').unwrap();
        match name {
            "BEGIN" => {
                open.push(value.to_owned());
                if value == "VEVENT" {
                    events.push(Vec::new());
                }
            }
            "END" => assert_eq!(open.pop().as_deref(), Some(value)),
            _ => {
                let into = if open.len() == 2 { events.last_mut().unwrap() } else { &mut calendar };
                into.push((name.to_owned(), value.to_owned()));
            }
        }
    }
    assert!(open.is_empty());
    (calendar, events)
}

fn value<'a>(properties: &'a Properties, name: &str) -> &'a str {
    let mut named = properties.iter().filter(|(known, _)| known == name);
    let (_, value) = named.next().unwrap_or_else(|| panic!("no {name}: {properties:?}"));
    assert!(named.next().is_none(), "{name} stands twice");
    value
}

fn calendar(house: &House, code: &str) -> (Properties, Vec<Properties>) {
    let reply = house.get(&format!("/sales/{code}.ics")).send();
    assert_eq!((reply.status, reply.header("Content-Type")), (200, Some("text/calendar; charset=utf-8")));
    read(std::str::from_utf8(&reply.body).unwrap())
}

/// A feed as Python's reader of XML understands it: its fields, and its entries with theirs.
fn feed(house: &House, code: &str) -> Value {
    const READER: &str = r#"
import json, sys, xml.etree.ElementTree as tree
atom, html = "{http://www.w3.org/2005/Atom}", "{http://www.w3.org/1999/xhtml}"
def fields(node):
    told = {name: (node.findtext(atom + name)) for name in ("id", "title", "updated", "subtitle")}
    told["links"] = {link.get("rel"): link.get("href") for link in node.findall(atom + "link")}
    told["categories"] = [category.get("term") for category in node.findall(atom + "category")]
    told["content"] = [text for p in node.iter(html + "p") for text in [p.text] if text]
    told["pictures"] = [img.get("src") for p in node.findall(atom + "content") for img in p.iter(html + "img")]
    return told
root = tree.fromstring(sys.stdin.buffer.read())
assert root.tag == atom + "feed", root.tag
told = fields(root)
told["author"] = root.findtext(atom + "author/" + atom + "name")
told["entries"] = [fields(entry) for entry in root.findall(atom + "entry")]
print(json.dumps(told))
"#;
    let reply = house.get(&format!("/sales/{code}.atom")).send();
    assert_eq!(
        (reply.status, reply.header("Content-Type")),
        (200, Some("application/atom+xml; charset=utf-8"))
    );
    run(Command::new("/usr/bin/python3").args(["-c", READER]), &reply.text()).done().json()
}

/// A published sale of three lots with texts that must be escaped; the first has a picture.
fn odd_sale(house: &House) {
    let picture = house.home().join("a.png");
    image::RgbImage::from_pixel(40, 30, image::Rgb([200, 120, 20])).save(&picture).unwrap();
    draft(house, "autumn", &["--description", DESCRIPTION]);
    let picture = picture.to_str().unwrap();
    let first = ["--description", DESCRIPTION, "--section", "Art, old; & new", "--picture", picture];
    add_lot(house, "autumn", "A1", TITLE, &first);
    add_lot(house, "autumn", "A2", "Chair", &[]);
    add_lot(house, "autumn", "B.3", "Desk", &["--description", &"책".repeat(400)]);
    publish(house, "autumn");
}

fn ids(house: &House) -> [i64; 3] {
    [1, 2, 3].map(|nth| house.number(&format!("select listing_id from lot where nth = {nth} - 1")))
}

#[test]
fn a_calendar_has_an_event_a_lot_at_its_close_as_it_stands() {
    let (house, ..) = House::open();
    odd_sale(&house);
    let (about, events) = calendar(&house, "autumn");
    assert_eq!(value(&about, "VERSION"), "2.0");
    assert_eq!(unescaped(value(&about, "NAME;VALUE=TEXT")), "Autumn & winter");
    assert_eq!(unescaped(value(&about, "X-WR-CALNAME")), "Autumn & winter");
    assert_eq!(unescaped(value(&about, "X-WR-CALDESC")), DESCRIPTION);
    assert!(!value(&about, "PRODID").is_empty());
    assert_eq!(events.len(), 3);
    let address = format!("http://{}", house.address());
    let closes_at = |id: i64| {
        let at = house.listing(id)["closes_at"].as_str().unwrap().to_owned();
        at.replace(['-', ':'], "").replace(".000", "")
    };
    for (event, id) in events.iter().zip(ids(&house)) {
        assert_eq!(value(event, "URL"), format!("{address}/listings/{id}"));
        assert_eq!(value(event, "DTSTART"), closes_at(id));
        assert_eq!((value(event, "STATUS"), value(event, "SEQUENCE")), ("CONFIRMED", "0"));
        assert_eq!(value(event, "DTSTAMP"), value(event, "LAST-MODIFIED"));
        assert_eq!(value(event, "UID").len(), 36);
    }
    assert_eq!(unescaped(value(&events[0], "SUMMARY")), format!("A1 {TITLE}"));
    assert_eq!(unescaped(value(&events[0], "DESCRIPTION")), DESCRIPTION);
    assert_eq!(unescaped(value(&events[0], "CATEGORIES")), "Art, old; & new");
    assert_eq!(unescaped(value(&events[2], "DESCRIPTION")), "책".repeat(300) + "…");

    let [first, second, third] = ids(&house);
    house.run(&["listing", "cancel", &second.to_string(), "--why", "broken"]).done();
    house.run(&["sale", "pause", "autumn", "--why", "alarm"]).done();
    let (_, paused) = calendar(&house, "autumn");
    let statuses = |events: &[Properties]| {
        events.iter().map(|event| value(event, "STATUS").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(statuses(&paused), ["TENTATIVE", "CANCELLED", "TENTATIVE"]);
    house.run(&["sale", "resume", "autumn"]).done();
    house.run(&["sale", "postpone", "autumn", "--by", "10m", "--why", "late"]).done();
    let (_, later) = calendar(&house, "autumn");
    assert_eq!(statuses(&later), ["CONFIRMED", "CANCELLED", "CONFIRMED"]);
    for ((before, after), id) in events.iter().zip(&later).zip([first, second, third]) {
        assert_eq!(value(before, "UID"), value(after, "UID"));
        let sequence: i64 = value(after, "SEQUENCE").parse().unwrap();
        assert_eq!(sequence, if id == second { 1 } else { 3 });
        assert_eq!(value(after, "DTSTART").split('.').next().unwrap()[..15], closes_at(id)[..15]);
    }
    assert_ne!(value(&events[0], "DTSTART"), value(&later[0], "DTSTART"));
}

#[test]
fn a_feed_has_an_entry_a_lot_with_the_newest_change_first() {
    let (house, _, bob, _) = House::open();
    odd_sale(&house);
    let [first, second, third] = ids(&house);
    let read = feed(&house, "autumn");
    let address = format!("http://{}", house.address());
    assert_eq!((&read["title"], &read["subtitle"]), (&json!("Autumn & winter"), &json!(DESCRIPTION)));
    assert_eq!(read["links"]["alternate"], format!("{address}/sales/autumn"));
    assert_eq!(read["links"]["self"], format!("{address}/sales/autumn.atom"));
    assert!(!read["author"].as_str().unwrap().is_empty());
    let entries = read["entries"].as_array().unwrap();
    let titles = |read: &Value| {
        let titles = read["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["title"].as_str().unwrap().to_owned());
        titles.collect::<Vec<_>>()
    };
    assert_eq!(titles(&read), [format!("A1 {TITLE}"), "A2 Chair".into(), "B.3 Desk".into()]);
    let picture = house.listing(first)["picture"].as_str().unwrap().to_owned();
    assert_eq!(
        entries[0]["links"],
        json!({"alternate": format!("{address}/listings/{first}"), "enclosure": format!("{address}{picture}")})
    );
    assert_eq!(house.get(&picture).send().status, 200);
    assert!(entries[0]["pictures"][0].as_str().unwrap().starts_with(&format!("{address}/pictures/")));
    assert_eq!(entries[0]["categories"], json!(["open", "Art, old; & new"]));
    assert_eq!(
        entries[0]["content"],
        json!(["Opening price: ₩1,000", "First line: 50%, heavy;", "second \\n line & <b>more</b>"])
    );
    assert_eq!(entries[1]["links"], json!({"alternate": format!("{address}/listings/{second}")}));
    for entry in entries {
        assert!(entry["id"].as_str().unwrap().starts_with("urn:uuid:"), "{entry}");
        assert!(Time::parse(entry["updated"].as_str().unwrap()).is_some(), "{entry}");
        assert!(entry["updated"].as_str() <= read["updated"].as_str(), "{entry}");
    }
    house.bid(&bob, third, 1_500).done(201);
    let changed = feed(&house, "autumn");
    assert_eq!(titles(&changed)[0], "B.3 Desk");
    assert_eq!(changed["entries"][0]["id"], entries[2]["id"]);
    assert_eq!(changed["entries"][0]["content"][0], "Price: ₩1,500 (1 bid)");
    assert_eq!(changed["updated"], changed["entries"][0]["updated"]);
    assert!(changed["updated"].as_str() > read["updated"].as_str());
    let korean = house.get("/sales/autumn.atom?lang=ko").send().text();
    assert!(korean.contains("xml:lang=\"ko\"") && korean.contains("시작가"), "{korean}");
}

#[test]
fn who_follows_a_sale_is_sent_it_again_only_when_it_has_changed() {
    let (house, _, bob, _) = House::open();
    odd_sale(&house);
    for path in ["/sales/autumn.ics", "/sales/autumn.atom"] {
        let first = house.get(path).send();
        let etag = first.header("ETag").unwrap().to_owned();
        assert_eq!(first.header("Cache-Control"), Some("private, no-cache"));
        let head = house.call("HEAD", path).send();
        assert_eq!((head.status, head.header("ETag"), head.body.len()), (200, Some(&*etag), 0));
        assert_eq!(head.header("Content-Length"), Some(&*first.body.len().to_string()));
        let short = house.get(path).header("Accept-Encoding", "gzip").send();
        assert_eq!((short.header("Content-Encoding"), short.header("ETag")), (Some("gzip"), Some(&*etag)));
        assert!(short.body.len() < first.body.len());
        let again = house.get(path).header("If-None-Match", &etag).send();
        assert_eq!((again.status, again.header("ETag"), again.body.len()), (304, Some(&*etag), 0));
        let id = ids(&house)[if path.ends_with("ics") { 0 } else { 1 }];
        house.bid(&bob, id, 1_000).done(201);
        assert_eq!(house.get(path).header("If-None-Match", &etag).send().status, 200);
    }
}

#[test]
fn links_lead_to_the_public_address() {
    let (house, ..) = House::with(&[("public_url", "https://example.org/auction")]);
    odd_sale(&house);
    let uid = |events: &[Properties]| value(&events[0], "UID").to_owned();
    let (_, events) = calendar(&house, "autumn");
    assert_eq!(value(&events[0], "URL"), "https://example.org/auction/listings/1");
    let read = feed(&house, "autumn");
    assert_eq!(read["links"]["self"], "https://example.org/auction/sales/autumn.atom");
    let enclosure = read["entries"][0]["links"]["enclosure"].as_str().unwrap();
    assert!(enclosure.starts_with("https://example.org/auction/pictures/"), "{enclosure}");
    assert_eq!(house.get("/auction/sales/autumn.ics").send().status, 200);
    // Moving the house makes no new events of the old.
    let before = uid(&events);
    house.set("public_url", "none");
    assert_eq!(uid(&calendar(&house, "autumn").1), before);
}

#[test]
fn a_sale_of_10_000_lots_can_be_followed() {
    let mut house = House::bare();
    house.add("Ann");
    fill(&house, "large", 10_000);
    house.serve();
    let began = std::time::Instant::now();
    let (_, events) = calendar(&house, "large");
    println!("10,000 events in {:?}", began.elapsed());
    assert_eq!(events.len(), 10_000);
    assert_eq!(value(&events[9_999], "SUMMARY"), "L9999 Lamp 9999");
    assert_eq!(feed(&house, "large")["entries"].as_array().unwrap().len(), 10_000);
}
