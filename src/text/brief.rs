//! A text of the house in short: what bills, won items and mails say of it.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// The most characters of a text in short.
const MAX_CHARS: usize = 400;

/// Returns the words of the first paragraph of a Markdown text, or of its first other block with words, of a table its
/// first row below the head; headings do not count. A hard line break stays one; links and emphasis leave their words,
/// and HTML is shown as it stands, as on the page itself.
pub fn first_paragraph(markdown: &str) -> String {
    let (mut words, mut in_head, mut is_next_cell) = (String::new(), false, false);
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. } | Tag::TableHead) => in_head = true,
            Event::End(TagEnd::Heading(_) | TagEnd::TableHead) => in_head = false,
            _ if in_head => {}
            Event::Start(Tag::TableCell) => is_next_cell = !words.is_empty(),
            Event::Text(text) | Event::Code(text) | Event::InlineHtml(text) | Event::Html(text) => {
                words.push_str(if std::mem::take(&mut is_next_cell) { ", " } else { "" });
                words.push_str(&text);
            }
            Event::SoftBreak => words.push(' '),
            Event::HardBreak => words.push('\n'),
            Event::End(
                TagEnd::Paragraph | TagEnd::Item | TagEnd::CodeBlock | TagEnd::TableRow | TagEnd::HtmlBlock,
            ) if !words.trim().is_empty() => break,
            _ => {}
        }
    }
    in_short(words.trim())
}

fn in_short(words: &str) -> String {
    match words.char_indices().nth(MAX_CHARS) {
        None => words.to_owned(),
        Some((end, _)) => format!("{}…", words[..end].trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_short_is_its_first_paragraph() {
        for (markdown, brief) in [
            ("# Payment\n\nBy *transfer*,\nor in cash.\n\nMore.", "By transfer, or in cash."),
            ("Hall 2  \nSunday 10:00", "Hall 2\nSunday 10:00"),
            ("- [Hall](/about) 2\n- Sunday", "Hall 2"),
            ("Pay to\n\n- IBAN 1", "Pay to"),
            ("# Only a heading", ""),
            ("| Bank | IBAN |\n|---|---|\n| Ours | 1 *2* |\n| Other | 3 |\n\nMore.", "Ours, 1 2"),
            ("<p>By transfer</p>\n\nMore.", "<p>By transfer</p>"),
            ("    IBAN 1\n    BIC 2\n\nx", "IBAN 1\nBIC 2"),
            ("", ""),
        ] {
            assert_eq!(first_paragraph(markdown), brief, "{markdown}");
        }
        assert_eq!(first_paragraph(&"경".repeat(500)).chars().count(), MAX_CHARS + 1);
    }
}
