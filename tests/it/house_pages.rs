//! The pages that a house writes itself: about it, how to reach it, and what it does with people's data.

use crate::harness::{House, Ran, until};

fn write(house: &House, page: &str, text: &[u8]) -> Ran {
    let file = house.home().join("page.md");
    std::fs::write(&file, text).unwrap();
    house.run(&["house", "page", page, file.to_str().unwrap()])
}

#[test]
fn a_page_is_there_once_it_was_written_and_the_foot_of_every_page_leads_to_it() {
    let (house, ..) = House::open();
    for page in ["about", "contact", "payment", "pickup", "privacy"] {
        assert_eq!(house.get(&format!("/{page}")).send().status, 404);
    }
    assert!(!house.get("/").send().text().contains("href=\"/about\""));
    let text = "# About us\n\nA *school*.\n\n- [Contact](contact)\n- <b>bold</b>\n";
    assert!(write(&house, "about", text.as_bytes()).done().stdout.contains("about is written"));
    assert!(write(&house, "about", text.as_bytes()).done().stdout.contains("already"));
    let shown = until("the page is there", || {
        let answer = house.get("/about").send();
        (answer.status == 200).then(|| answer.text())
    });
    for part in [
        "<h1 class=\"page-title\">About</h1>",
        "<h2 id=\"text-about-us\">About us</h2>",
        "<em>school</em>",
        "<a href=\"contact\">Contact</a>",
        "&lt;b&gt;bold&lt;/b&gt;",
    ] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
    let home = house.get("/?lang=ko").send().text();
    assert!(home.contains("href=\"/about\">소개</a>") && !home.contains("href=\"/contact\""), "{home}");
    assert_eq!(house.run(&["house", "page", "about"]).done().stdout, text);
    write(&house, "about", b"Shorter.").done();
    until("the page has changed", || {
        house.get("/about").send().text().contains("<p>Shorter.</p>").then_some(())
    });
    assert!(house.run(&["house", "page", "about", "--remove"]).done().stdout.contains("is removed"));
    until("the page is gone", || (house.get("/about").send().status == 404).then_some(()));
    assert!(house.run(&["house", "page", "about", "--remove"]).done().stdout.contains("is not there"));
    assert_eq!(house.run(&["house", "page", "about"]).status, 1);
}

#[test]
fn what_is_no_text_is_refused_and_an_empty_file_removes_the_page() {
    let house = House::bare();
    write(&house, "contact", b"By phone.").done();
    for (bad, words) in [
        (&b"\xff\xfea\0"[..], "UTF-16"),
        (b"caf\xe9", "UTF-8"),
        (b"a\0", "control"),
        (&[b'x'; 200_001], "200000"),
    ] {
        let ran = write(&house, "contact", bad);
        assert!(ran.status == 1 && ran.stderr.contains(words), "{words}: {ran:?}");
    }
    assert_eq!(house.run(&["house", "page", "nowhere"]).status, 2);
    assert_eq!(house.run(&["house", "page", "contact", "/nowhere/x.md"]).status, 3);
    assert_eq!(house.run(&["house", "page", "contact"]).done().stdout, "By phone.\n");
    write(&house, "contact", b"\n").done();
    assert_eq!(house.run(&["house", "page", "contact"]).status, 1);
}

/// Under a base path the house's own links have it, and no text is changed.
#[test]
fn a_page_stands_under_a_base_path() {
    let mut house = House::bare();
    house.set("public_url", "http://127.0.0.1/auction");
    write(&house, "privacy", b"[x](/sales) href=\"/sales\" `src=\"/sales\"`\n\n![y](/pictures/a.jpg)").done();
    house.serve();
    let shown = house.get("/auction/privacy").send().text();
    assert!(shown.contains("<a href=\"/auction/sales\">x</a>"), "{shown}");
    assert!(shown.contains("<img src=\"/auction/pictures/a.jpg\""), "{shown}");
    assert!(shown.contains("href=&quot;/sales&quot;") && shown.contains("src=&quot;/sales&quot;"), "{shown}");
    assert!(shown.contains("href=\"/auction/privacy\""), "{shown}");
}
