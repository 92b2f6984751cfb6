//! The manual as its readers meet it: the pages under `/help`, and the man pages.

use crate::harness::House;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The pages of the manual, by the names of their files.
fn names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/manual");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let names: Vec<String> =
        files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert!(names.len() > 10);
    names
}

/// What stands between the quotes after each `before`.
fn all<'p>(page: &'p str, before: &'p str) -> impl Iterator<Item = &'p str> {
    page.split(before).skip(1).map(|rest| rest.split('"').next().unwrap())
}

#[test]
fn every_page_of_the_manual_is_served_and_its_links_lead_on() {
    let (house, ..) = House::open();
    let mut pages = BTreeMap::new();
    for path in
        ["/help".to_owned()].into_iter().chain(names().into_iter().map(|name| format!("/help/{name}")))
    {
        let answer = house.get(&path).send();
        assert_eq!(answer.status, 200, "{path}");
        let head = house.call("HEAD", &path).send();
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        let page = answer.text();
        let title = page.split("<title>").nth(1).unwrap().split("</title>").next().unwrap();
        assert!(title.contains("Help") && !title.starts_with(' '), "{path}: {title}");
        assert_eq!(page.matches("<h1").count(), 1, "{path}");
        pages.insert(path, page);
    }
    let index = &pages["/help"];
    for path in pages.keys() {
        assert!(index.contains(&format!("href=\"{path}\"")), "{path} is not in the index");
    }
    for (path, page) in &pages {
        let article = page.split("<article").nth(1).unwrap().split("</article>").next().unwrap();
        for link in all(article, "href=\"").chain(all(page, "<li><a href=\"")) {
            if link.starts_with("https://") {
                continue;
            }
            let (to, anchor) = link.split_once('#').unwrap_or((link, ""));
            let to = if to.is_empty() { path } else { to };
            let leads_to = pages.get(to).unwrap_or_else(|| panic!("{path} leads to {link}"));
            let ids: BTreeSet<&str> = all(leads_to, " id=\"").collect();
            assert!(anchor.is_empty() || ids.contains(anchor), "{path} leads to {link}");
        }
        assert!(!article.contains(".md\""), "{path} leads to a file");
    }
}

#[test]
fn every_page_leads_to_the_manual_and_an_unknown_page_of_it_is_a_404() {
    let (house, ..) = House::open();
    for path in ["/", "/login", "/help/rules", "/help/nothing"] {
        assert!(house.get(path).send().text().contains("href=\"/help\">Help</a>"), "{path}");
    }
    for path in ["/help/nothing", "/help/rules.md", "/help/", "/help/rules/bids", "/help/..%2frules"] {
        let answer = house.get(path).send();
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.header("Content-Type").unwrap().starts_with("text/html"), "{path}");
    }
    assert_eq!(house.post("/help").form(&[("a", "b")]).send().status, 405);
}

#[test]
fn the_manual_says_that_it_is_english_in_a_korean_frame() {
    let (house, ..) = House::open();
    let page = house.get("/help/rules?lang=ko").send().text();
    assert!(page.contains("<html lang=\"ko\">") && page.contains("<article lang=\"en\">"), "{page}");
    assert!(page.contains("도움말") && page.contains("이 설명서는 영어로"), "{page}");
}

#[test]
fn every_page_of_the_manual_is_a_man_page_that_man_shows_without_a_warning() {
    let house = House::bare();
    let folder = house.home().join("man");
    house.run(&["man", folder.to_str().unwrap()]).done();
    let mut written = names();
    written.push("manual".into());
    for name in written {
        let path = folder.join(format!("auction-{name}.7"));
        let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{name} has no man page"));
        assert!(
            text.contains(&format!(".TH auction-{name} 7 ")) && !text.contains("](") && !text.contains("**")
        );
        let shown = Command::new("/usr/bin/man")
            .args(["--warnings", "-E", "UTF-8", "-l"])
            .arg(&path)
            .env("LC_ALL", "C.UTF-8")
            .env("MANWIDTH", "80")
            .output();
        // Where there is no man, the page is read by its text alone.
        let Ok(shown) = shown else { continue };
        let warnings = String::from_utf8_lossy(&shown.stderr);
        assert!(shown.status.success() && warnings.is_empty(), "{name}: {warnings}");
        let shown = String::from_utf8_lossy(&shown.stdout);
        let has = |words: &str| shown.contains(words);
        assert!(has("SEE ALSO") && has(&format!("auction-{name} - ")), "{name}: {shown}");
    }
    let rules = fs::read_to_string(folder.join("auction-rules.7")).unwrap();
    assert!(rules.contains("Deadlines (auction\\-deadlines(7))"), "links name the man page: {rules}");
}
