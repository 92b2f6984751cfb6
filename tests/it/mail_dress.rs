//! Mails in the house's dress: HTML that says what the text says, in the person's language, with the logo inside, and with no
//! link but the house's.

use crate::harness::{House, Person, email};
use crate::post::{AT_ONCE, Mailbox, house_with, is_empty};
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};
use std::io::Cursor;

fn dressed(mailbox: &Mailbox, more: &[(&str, &str)]) -> (House, Person, Person, Person) {
    let house = [("name", "Harbour Night"), ("public_url", "https://auction.example.org")];
    house_with(&mailbox.entries(), &[&AT_ONCE[..], &house, more].concat())
}

fn html(mail: &Value) -> &str {
    mail["html"].as_str().unwrap()
}

fn links(html: &str) -> Vec<&str> {
    html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// The words of the HTML between its tags, without space around them.
fn words(html: &str) -> Vec<String> {
    let body = html.split("<body").nth(1).unwrap();
    let texts = body.split('<').filter_map(|element| element.split_once('>').map(|(_, text)| text.trim()));
    let plain = |text: &str| text.replace("&#34;", "\"").replace("&#38;", "&").replace("&#39;", "'");
    texts.filter(|text| !text.is_empty()).map(plain).collect()
}

#[test]
fn every_mail_says_the_same_in_html_as_in_text() {
    let mailbox = Mailbox::open(&[]);
    let (house, ann, bob, cleo) = dressed(&mailbox, &[("premium_bps", "1000")]);
    let id = house.list(&ann, json!({"title": "Lamp & \"shade\"", "closes_in_s": 8}));
    house.bid(&bob, id, 1_000).done(201);
    house.bid(&cleo, id, 2_000).done(201);
    let gone = house.list(&ann, json!({"title": "Urn"}));
    house.bid(&bob, gone, 1_000).done(201);
    house.run(&["listing", "cancel", &gone.to_string(), "--why", "it broke"]).done();
    house.credit("Bob", 4_200);
    house.settlement(id);
    is_empty(&house);
    let mails = mailbox.mails();
    let told: String = mails.iter().map(|mail| mail["body"].as_str().unwrap()).collect();
    for said in ["You have been outbid", "You won", "was sold for", "was cancelled", "- Paid in"] {
        assert!(told.contains(said), "{said} is not in\n{told}");
    }
    for mail in &mails {
        let (text, html) = (mail["body"].as_str().unwrap(), html(mail));
        assert!(mail["headers"]["content-type"].as_str().unwrap().starts_with("multipart/alternative"));
        let said = words(html).join("\n");
        for line in text.lines().filter(|line| !line.is_empty() && *line != "-- ") {
            let line = line.trim_start_matches("- ");
            let is_link = line.starts_with("https://") || line.contains("/account#mail");
            assert!(is_link || said.contains(line), "{line:?} is not in\n{said}");
        }
        let expected: Vec<&str> =
            text.split_whitespace().filter(|word| word.starts_with("https://")).collect();
        let found: Vec<&str> = links(html).into_iter().skip(1).collect();
        assert_eq!(found, expected, "the head's link, then those of the text");
        assert!(html.contains("<html lang=\"en\">") && !html.contains("<table") && !html.contains("<script"));
        assert!(!html.contains("src=") && mail["inline"] == json!({}), "nothing is loaded: {html}");
        let subject = mail["headers"]["subject"].as_str().unwrap();
        assert!(html.contains(&format!("<title>{subject}</title>")), "{html}");
    }
    // Whoever can bid again has a button for it.
    for mail in &mails {
        let can_bid = mail["body"].as_str().unwrap().contains("The next bid must be");
        assert_eq!(html(mail).contains(">Bid again</a>"), can_bid, "{mail}");
    }
    house.audit();
}

#[test]
fn what_people_wrote_is_escaped_and_never_a_link() {
    let mailbox = Mailbox::open(&[]);
    let (house, ann, bob, _) = dressed(&mailbox, &[]);
    let title = "<a href='https://evil.example'>Win</a> at evil.example";
    let id = house.list(&ann, json!({"title": title}));
    house.bid(&bob, id, 1_000).done(201);
    house
        .run(&["listing", "cancel", &id.to_string(), "--why", "see https://evil.example <img src=x>"])
        .done();
    is_empty(&house);
    let mails = mailbox.mails();
    assert!(mails.len() >= 2, "to Ann, and to Bob");
    for mail in &mails {
        let html = html(mail);
        assert!(!html.contains("evil.example") && !html.contains("<img"), "{html}");
        assert!(html.contains("&#60;a href=") && html.contains("evil. example"), "{html}");
        assert!(links(html).iter().all(|link| link.starts_with("https://auction.example.org/")), "{html}");
    }
}

#[test]
fn the_logo_goes_with_the_mail_and_the_accent_is_on_what_can_be_pressed() {
    let mailbox = Mailbox::open(&[]);
    let (house, ann, bob, cleo) = dressed(&mailbox, &[("accent", "#1d4ed8")]);
    let mut png = Vec::new();
    let blue = RgbImage::from_pixel(800, 200, Rgb([20, 40, 200]));
    blue.write_to(&mut Cursor::new(&mut png), ImageFormat::Png).unwrap();
    let file = house.home().join("logo.png");
    std::fs::write(&file, png).unwrap();
    house.run(&["house", "logo", file.to_str().unwrap()]).done();
    let id = house.list(&ann, json!({}));
    house.bid(&bob, id, 1_000).done(201);
    house.bid(&cleo, id, 2_000).done(201);
    let mail = &mailbox.wait_for(1)[0];
    let html = html(mail);
    assert!(html.contains("src=\"cid:logo\" alt=\"Harbour Night\" width=\"256\" height=\"64\""), "{html}");
    let (inline, n_images) = (&mail["inline"]["<logo>"], html.matches("<img").count());
    assert!(
        inline[0] == "image/png" && inline[1].as_str().unwrap().starts_with("iVBOR") && n_images == 1,
        "{mail}"
    );
    assert!(html.contains("background:#1d4ed8;color:#ffffff"), "{html}");
    assert!(html.contains("prefers-color-scheme: dark") && html.contains("name=\"color-scheme\""));
    // Once the logo is gone, a mail that was made before shows the name in its place.
    house.run(&["house", "logo", "--remove"]).done();
    house.credit("Bob", 100);
    let mails = mailbox.wait_for(2);
    assert!(!self::html(&mails[1]).contains("cid:") && mails[1]["inline"] == json!({}));
}

#[test]
fn a_mail_in_korean_says_so_and_without_an_address_of_the_house_it_has_no_links() {
    let mailbox = Mailbox::open(&[]);
    let settings = [&AT_ONCE[..], &[("language", "ko"), ("name", "한강 경매")]].concat();
    let (house, ..) = house_with(&mailbox.entries(), &settings);
    house.credit("Bob", 4_200);
    let mails = mailbox.wait_for(1);
    let html = html(&mails[0]);
    assert!(html.contains("<html lang=\"ko\">") && html.contains("Bob님, 안녕하세요."), "{html}");
    assert!(words(html).contains(&"한강 경매".to_owned()) && links(html).is_empty(), "{html}");
    assert_eq!(mails[0]["to"], json!([email("Bob")]));
}
