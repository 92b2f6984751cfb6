//! The manual: the Markdown files of `packaging/manual/`, part of the program, in one table. The pages under `/help`
//! and the man pages are made of them, and links between the files work in both.
//!
//! The files are the house's own. Even so, no HTML in them is passed on.

pub mod html;

use pulldown_cmark::{Event, Options, Parser};

/// A file of the manual.
pub struct Page {
    /// Its file without the ending, its path under `/help`, and its man page after `auction-`.
    pub name: &'static str,
    pub text: &'static str,
}

macro_rules! page {
    ($name:literal) => {
        Page { name: $name, text: include_str!(concat!("../../../packaging/manual/", $name, ".md")) }
    };
}

/// Every page, in the order of the index.
pub const PAGES: [Page; 25] = [
    page!("rules"),
    page!("selling"),
    page!("sales"),
    page!("guests"),
    page!("people"),
    page!("members"),
    page!("desk"),
    page!("bills"),
    page!("terms"),
    page!("own-account"),
    page!("deadlines"),
    page!("proof"),
    page!("commands"),
    page!("settings"),
    page!("branding"),
    page!("operating"),
    page!("machines"),
    page!("notifications"),
    page!("backup"),
    page!("api"),
    page!("sign-on"),
    page!("limits"),
    page!("security"),
    page!("measured"),
    page!("code"),
];

impl Page {
    /// The heading of the file.
    pub fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches("# ")
    }

    /// The first paragraph, on one line.
    pub fn summary(&self) -> String {
        let paragraph = self.text.split("\n\n").nth(1).unwrap_or_default();
        paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// The page of this name.
pub fn find(name: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.name == name)
}

/// The page that lists all others, as Markdown.
pub fn index() -> String {
    let mut text = "# Manual\n\nThe pages of the manual of auction.\n\n".to_owned();
    for page in &PAGES {
        text.push_str(&format!("- [{}]({}.md): {}\n", page.title(), page.name, page.summary()));
    }
    text
}

/// Where a link in a page leads.
#[derive(Debug, PartialEq, Eq)]
pub enum Destination<'l> {
    /// Another page, and `#section` or nothing.
    Page { name: &'l str, fragment: &'l str },
    /// A section of the same page, or an address of the web.
    Elsewhere(&'l str),
}

impl<'l> Destination<'l> {
    /// Of `rules.md#bids`, `#bids` or `https://…`.
    pub fn of(link: &'l str) -> Destination<'l> {
        let (file, fragment) = link.split_at(link.find('#').unwrap_or(link.len()));
        match file.strip_suffix(".md").filter(|name| find(name).is_some()) {
            Some(name) => Destination::Page { name, fragment },
            None => Destination::Elsewhere(link),
        }
    }
}

/// The Markdown in parts. HTML comes as the text that it is.
pub fn events(markdown: &str) -> impl Iterator<Item = Event<'_>> {
    Parser::new_ext(markdown, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        event => event,
    })
}

/// The words of a heading or another run of text.
pub fn words(events: &[Event<'_>]) -> String {
    let word = |event: &Event<'_>| match event {
        Event::Text(text) | Event::Code(text) => text.to_string(),
        Event::SoftBreak | Event::HardBreak => " ".to_owned(),
        _ => String::new(),
    };
    events.iter().map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_file_of_the_folder_is_a_page() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/manual");
        let files = std::fs::read_dir(folder).unwrap();
        let files: BTreeSet<String> =
            files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        let pages: BTreeSet<String> = PAGES.iter().map(|page| format!("{}.md", page.name)).collect();
        assert_eq!(pages, files);
    }

    #[test]
    fn every_page_begins_with_its_title_and_a_sentence() {
        for page in &PAGES {
            assert!(page.text.starts_with("# ") && !page.title().is_empty(), "{}", page.name);
            let summary = page.summary();
            assert!(summary.ends_with('.') && summary.len() < 120, "{}: {summary}", page.name);
            assert!(!summary.contains(['[', '`', '*']), "{}: {summary}", page.name);
        }
    }

    /// The base path goes before what looks like an attribute with a path.
    #[test]
    fn no_text_looks_like_a_link_to_the_base_path() {
        for page in &PAGES {
            assert!(!page.text.contains("=\"/"), "{}", page.name);
        }
    }

    #[test]
    fn a_link_leads_to_a_page_or_elsewhere() {
        let page = |name, fragment| Destination::Page { name, fragment };
        assert_eq!(Destination::of("rules.md"), page("rules", ""));
        assert_eq!(Destination::of("rules.md#bids"), page("rules", "#bids"));
        for link in ["#bids", "https://rustsec.org", "https://example.org/rules.md", "nothing.md"] {
            assert_eq!(Destination::of(link), Destination::Elsewhere(link));
        }
    }
}
