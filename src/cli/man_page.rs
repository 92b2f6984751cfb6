//! A page of the manual as a man page of section 7.

use crate::web::manual::{Destination, PAGES, Page, events, words};
use pulldown_cmark::{Event, HeadingLevel, Tag, TagEnd};
use roff::{Inline, Roff, bold, italic, line_break, roman};
use std::mem::take;

/// The section of all of them.
pub const SECTION: &str = "7";

/// The name of a page's man page: `auction-rules`.
pub fn name(page: &str) -> String {
    format!("auction-{page}")
}

/// The man page of `page`.
pub fn of_page(page: &Page) -> String {
    let others = PAGES.iter().filter(|other| other.name != page.name);
    let others = ["manual"].into_iter().chain(others.map(|other| other.name));
    render(page.name, &page.summary(), page.text, &others.collect::<Vec<_>>())
}

/// The man page that lists all others.
pub fn of_index(index: &str) -> String {
    render("manual", "The manual of auction", index, &[])
}

fn render(page: &str, summary: &str, markdown: &str, others: &[&str]) -> String {
    let mut layout = Layout::default();
    let version = concat!("auction ", env!("CARGO_PKG_VERSION"));
    // No day: the same source gives the same page.
    layout.roff.control("TH", [&*name(page), SECTION, "\"\"", version, "The manual of auction"]);
    // No word is hyphenated, so that a command can be copied.
    layout.roff.control("nh", []).control("ad", ["l"]);
    layout.section("SH", "NAME");
    layout.roff.text([roman(format!("{} - {}", name(page), summary.trim_end_matches('.')))]);
    layout.section("SH", "DESCRIPTION");
    let mut events = events(markdown);
    while let Some(event) = events.next() {
        if let Event::Start(Tag::Heading { level, .. }) = event {
            let is_end = |event: &Event<'_>| matches!(event, Event::End(TagEnd::Heading(_)));
            let heading: Vec<_> = events.by_ref().take_while(|event| !is_end(event)).collect();
            match level {
                HeadingLevel::H1 => {}
                HeadingLevel::H2 => layout.section("SH", &words(&heading).to_uppercase()),
                _ => layout.section("SS", &words(&heading)),
            }
        } else {
            layout.event(event);
        }
    }
    layout.see_also(others);
    layout.roff.render()
}

/// A man page under way.
#[derive(Default)]
struct Layout {
    roff: Roff,
    /// The line under way: a paragraph, an item, or a cell.
    line: Vec<Inline>,
    is_bold: bool,
    is_italic: bool,
    in_code: bool,
    /// A paragraph has begun already: after a heading, or with an item.
    has_begun: bool,
    /// The lists under way, with the next number of those that have numbers.
    lists: Vec<Option<u64>>,
    links: Vec<String>,
    table: Table,
}

#[derive(Default)]
struct Table {
    headers: Vec<String>,
    cells: Vec<Vec<Inline>>,
}

impl Layout {
    fn section(&mut self, kind: &str, title: &str) {
        self.roff.control(kind, [title]);
        self.has_begun = true;
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(end) => self.end(end),
            Event::Text(text) if self.in_code => {
                for line in text.lines() {
                    self.roff.text([roman(line)]);
                }
            }
            Event::Text(text) => self.word(&text),
            Event::Code(text) => self.line.push(bold(&*text)),
            // Not a line end: a line that begins with a dot is a request.
            Event::SoftBreak => self.line.push(roman(" ")),
            Event::HardBreak => self.line.push(line_break()),
            _ => {}
        }
    }

    fn word(&mut self, text: &str) {
        self.line.push(match (self.is_bold, self.is_italic) {
            (true, _) => bold(text),
            (false, true) => italic(text),
            (false, false) => roman(text),
        });
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => self.paragraph(),
            Tag::Strong => self.is_bold = true,
            Tag::Emphasis => self.is_italic = true,
            Tag::Link { dest_url, .. } => self.links.push(after_link(&dest_url)),
            Tag::List(first) => {
                self.flush();
                if !self.lists.is_empty() {
                    self.roff.control("RS", ["4"]);
                }
                self.lists.push(first);
            }
            Tag::Item => self.item(),
            Tag::CodeBlock(_) => {
                self.flush();
                self.paragraph();
                self.roff.control("RS", ["4"]).control("nf", []);
                self.in_code = true;
            }
            Tag::Table(_) => self.table = Table::default(),
            _ => {}
        }
    }

    fn end(&mut self, end: TagEnd) {
        match end {
            TagEnd::Paragraph | TagEnd::Item => self.flush(),
            TagEnd::Strong => self.is_bold = false,
            TagEnd::Emphasis => self.is_italic = false,
            TagEnd::Link => {
                let words = self.links.pop().unwrap_or_default();
                self.line.push(roman(words));
            }
            TagEnd::List(_) => {
                self.lists.pop();
                if !self.lists.is_empty() {
                    self.roff.control("RE", []);
                }
                self.has_begun = false;
            }
            TagEnd::CodeBlock => {
                self.in_code = false;
                self.roff.control("fi", []).control("RE", []);
                self.has_begun = false;
            }
            TagEnd::TableCell => self.table.cells.push(take(&mut self.line)),
            TagEnd::TableHead => {
                self.table.headers = take(&mut self.table.cells).iter().map(|cell| plain(cell)).collect();
            }
            TagEnd::TableRow => self.row(),
            _ => {}
        }
    }

    fn paragraph(&mut self) {
        if !take(&mut self.has_begun) {
            // Within a list it keeps the item's indent.
            self.roff.control(if self.lists.is_empty() { "PP" } else { "IP" }, []);
        }
    }

    fn item(&mut self) {
        match self.lists.last_mut() {
            Some(Some(n)) => {
                self.roff.control("IP", [&*format!("{n}."), "4"]);
                *n += 1;
            }
            _ => {
                self.roff.control("IP", ["\\(bu", "2"]);
            }
        }
        self.has_begun = true;
    }

    /// Writes a row as a paragraph tagged with its first cell: a terminal is too narrow for tables. Where there are
    /// more than two columns, each other cell has a line of its own, after its column's name.
    fn row(&mut self) {
        let mut cells = take(&mut self.table.cells).into_iter();
        let tag = cells.next().unwrap_or_default();
        self.roff.control("TP", []).text(tag);
        let mut text = Vec::new();
        let is_pair = self.table.headers.len() <= 2;
        for (header, cell) in
            self.table.headers.iter().skip(1).zip(cells).filter(|(_, cell)| !cell.is_empty())
        {
            if !text.is_empty() {
                text.push(line_break());
            }
            if !is_pair {
                text.push(roman(format!("{header}: ")));
            }
            text.extend(cell);
        }
        self.roff.text(text);
        self.has_begun = false;
    }

    fn flush(&mut self) {
        if !self.line.is_empty() {
            self.roff.text(take(&mut self.line));
            self.has_begun = false;
        }
    }

    fn see_also(&mut self, others: &[&str]) {
        self.section("SH", "SEE ALSO");
        let mut line = vec![bold("auction"), roman("(1)")];
        for other in others {
            line.extend([roman(", "), bold(name(other)), roman(format!("({SECTION})"))]);
        }
        self.roff.text(line);
    }
}

/// What follows the words of a link, which cannot be clicked here: the man page or the address.
fn after_link(link: &str) -> String {
    match Destination::of(link) {
        Destination::Page { name: page, .. } => format!(" ({}({SECTION}))", name(page)),
        Destination::Elsewhere(link) if link.starts_with('#') => String::new(),
        Destination::Elsewhere(link) => format!(" <{link}>"),
    }
}

fn plain(cell: &[Inline]) -> String {
    let text = |inline: &Inline| match inline {
        Inline::Roman(text) | Inline::Italic(text) | Inline::Bold(text) => text.clone(),
        Inline::LineBreak => " ".to_owned(),
    };
    cell.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(markdown: &str) -> String {
        let text = render("rules", "Sums.", &format!("# T\n\nSums.\n\n## Bids\n\n{markdown}"), &["proof"]);
        let (_, after) = text.split_once(".SH BIDS\n").unwrap();
        after.split(".SH \"SEE ALSO\"\n").next().unwrap().to_owned()
    }

    #[test]
    fn nothing_in_a_text_is_taken_for_a_request() {
        assert_eq!(shown(".br\n.br `\\x`\n"), "\\&.br .br \\fB\\\\x\\fR\n");
        assert_eq!(
            shown("```sh\n.so /etc/passwd\n\n'x\n```\n"),
            ".RS 4\n.nf\n\\&.so /etc/passwd\n\n\\*(Aqx\n.fi\n.RE\n"
        );
        assert_eq!(shown("<b>x</b>\n"), "<b>x</b>\n");
    }

    #[test]
    fn lists_tables_and_links_become_tagged_paragraphs_and_names() {
        assert_eq!(
            shown("- a\n- *b* **c**\n\n1. d\n"),
            ".IP \\(bu 2\na\n.IP \\(bu 2\n\\fIb\\fR \\fBc\\fR\n.IP 1. 4\nd\n"
        );
        assert_eq!(shown("| key | is |\n|---|---|\n| `a` | b |\n"), ".TP\n\\fBa\\fR\nb\n");
        assert_eq!(
            shown("| key | is | unit |\n|---|---|---|\n| a | b | |\n| c | d | s |\n"),
            ".TP\na\nis: b\n.TP\nc\nis: d\n.br\nunit: s\n"
        );
        assert_eq!(
            shown("[Proof](proof.md#receipts), [x](https://x.org)\n"),
            "Proof (auction\\-proof(7)), x <https://x.org>\n"
        );
    }

    #[test]
    fn a_page_begins_with_its_name_and_ends_with_the_others() {
        let text = render("rules", "Sums.", "# T\n\nSums.\n", &["proof"]);
        assert!(text.contains(".SH NAME\nauction\\-rules \\- Sums\n.SH DESCRIPTION\nSums.\n"), "{text}");
        assert!(
            text.ends_with(".SH \"SEE ALSO\"\n\\fBauction\\fR(1), \\fBauction\\-proof\\fR(7)\n"),
            "{text}"
        );
    }
}
