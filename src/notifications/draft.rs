//! A mail before it is set: its subject and its blocks, from which both the plain text and the HTML are made, so that
//! the two always say the same.

use crate::house::notices::outbox::Letter;
use crate::notifications::dress::{Dress, LOGO_ID};
use crate::text::i18n::Words;
use askama::Template;

/// A mail in its person's language.
pub struct Draft {
    pub words: Words,
    pub subject: String,
    /// Paragraphs, the greeting first.
    pub blocks: Vec<Block>,
    /// Whether each paragraph after the greeting is a matter of its own: the HTML has a line between them.
    pub are_matters: bool,
    /// What stands below the house's name at the end, such as where to choose one's mails.
    pub foot: Block,
}

/// The lines of a paragraph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block(pub Vec<Line>);

/// A line of a paragraph. What a person wrote has gone through [`unlinked`](crate::rules::unlinked::unlinked).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    Words(String),
    /// An entry of a list.
    Entry(String),
    Link(MailLink),
}

/// A link to the house; nothing else becomes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailLink {
    /// The address, or U+0001 where it is put in when the mail is sent.
    pub url: String,
    /// What the link says in HTML.
    pub words: String,
    /// The whole line of the plain text, with the address in it.
    pub line: String,
}

impl Line {
    /// A link that stands in the plain text as its address alone.
    pub fn link(url: impl Into<String>, words: impl Into<String>) -> Line {
        let url = url.into();
        Line::Link(MailLink { line: url.clone(), words: words.into(), url })
    }

    fn text(&self) -> String {
        match self {
            Line::Words(words) => words.clone(),
            Line::Entry(words) => format!("- {words}"),
            Line::Link(link) => link.line.clone(),
        }
    }
}

impl Block {
    /// A paragraph of these lines of words.
    pub fn of(lines: impl IntoIterator<Item = String>) -> Block {
        Block(lines.into_iter().map(Line::Words).collect())
    }

    /// The lines without the links.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|line| match line {
            Line::Words(words) | Line::Entry(words) => Some(words.as_str()),
            Line::Link(_) => None,
        })
    }

    fn text(&self) -> String {
        self.0.iter().map(Line::text).collect::<Vec<_>>().join("\n")
    }

    /// The lines as HTML groups them: words and links by themselves, entries in lists.
    fn pieces(&self) -> Vec<Piece<'_>> {
        let n_links = self.0.iter().filter(|line| matches!(line, Line::Link(_))).count();
        let mut pieces: Vec<Piece<'_>> = Vec::new();
        for line in &self.0 {
            match (line, pieces.last_mut()) {
                (Line::Words(words), Some(Piece::Words(lines))) => lines.push(words),
                (Line::Words(words), _) => pieces.push(Piece::Words(vec![words])),
                (Line::Entry(words), Some(Piece::List(entries))) => entries.push(words),
                (Line::Entry(words), _) => pieces.push(Piece::List(vec![words])),
                (Line::Link(link), _) if n_links == 1 => pieces.push(Piece::Button(link)),
                (Line::Link(link), _) => pieces.push(Piece::Link(link)),
            }
        }
        pieces
    }
}

impl Draft {
    /// The mail as plain text.
    pub fn text(&self, house_name: &str) -> String {
        let mut paragraphs: Vec<String> = self.blocks.iter().map(Block::text).collect();
        // Mail programs take what follows this line for a signature (RFC 3676, 4.3).
        let foot = [format!("-- \n{house_name}"), self.foot.text()];
        paragraphs.push(foot.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n"));
        paragraphs.join("\n\n") + "\n"
    }

    /// The mail as HTML: without tables, scripts or anything that is loaded from elsewhere.
    pub fn html(&self, dress: &Dress<'_>) -> String {
        let page = Page { lang: self.words.lang.tag(), draft: self, dress };
        page.render().expect("a mail of texts alone is always written")
    }

    /// The mail as it is kept until it is sent.
    pub fn letter(self, dress: &Dress<'_>) -> Letter {
        let (body, html) = (self.text(dress.house), Some(self.html(dress)));
        Letter { subject: self.subject, body, html }
    }
}

enum Piece<'a> {
    Words(Vec<&'a String>),
    List(Vec<&'a String>),
    /// The only link of its block.
    Button(&'a MailLink),
    /// One of several links.
    Link(&'a MailLink),
}

#[derive(Template)]
#[template(path = "mail.html", config = "src/notifications/askama.toml")]
struct Page<'a> {
    lang: &'static str,
    draft: &'a Draft,
    dress: &'a Dress<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::i18n::Lang;

    fn draft() -> Draft {
        let link = |n: u8| Line::link(format!("https://a.example/listings/{n}"), "Open <the> item");
        let mut many = Block::of(["Lot 1".to_owned()]);
        many.0.extend([link(1), Line::Words("Lot 2".into()), link(2)]);
        let entries = ["one", "two"].map(|words| Line::Entry(words.into()));
        Draft {
            words: Words::new(Lang::Ko),
            subject: "Sold & paid".into(),
            blocks: vec![
                Block::of(["Hello <Ann>,".to_owned()]),
                Block(vec![Line::Words("It is".into()), Line::Words("sold.".into()), link(7)]),
                many,
                Block(entries.to_vec()),
            ],
            are_matters: true,
            foot: Block(vec![Line::Link(MailLink {
                url: "https://a.example/account#mail".into(),
                words: "Choose".into(),
                line: "Choose: https://a.example/account#mail".into(),
            })]),
        }
    }

    #[test]
    fn text_and_html_say_the_same() {
        let text = draft().text("The House");
        let expected = "Hello <Ann>,\n\nIt is\nsold.\nhttps://a.example/listings/7\n\nLot 1\nhttps://a.example/listings/1\n\
             Lot 2\nhttps://a.example/listings/2\n\n- one\n- two\n\n-- \nThe House\n\
             Choose: https://a.example/account#mail\n";
        assert_eq!(text, expected);
        let html = draft().html(&Dress::plain("The House"));
        for said in [
            "<html lang=\"ko\">",
            "Hello &#60;Ann&#62;,",
            "It is<br>sold.",
            "Open &#60;the&#62; item",
            "<title>Sold &#38; paid</title>",
            "href=\"https://a.example/account#mail\"",
        ] {
            assert!(html.contains(said), "{said} is not in\n{html}");
        }
        assert_eq!(html.matches("class=\"button\"").count(), 1, "{html}");
        assert_eq!(html.matches("<li").count(), 2, "{html}");
        assert_eq!(html.matches("class=\"rule\"").count(), 2, "{html}");
        let letter = Draft { are_matters: false, ..draft() };
        assert!(!letter.html(&Dress::plain("The House")).contains("class=\"rule\""));
        assert!(!html.contains("<table") && !html.contains("<script") && !html.contains("http://"), "{html}");
    }

    #[test]
    fn without_a_foot_the_house_s_name_ends_the_text() {
        let draft = Draft { foot: Block::default(), ..draft() };
        assert!(draft.text("The House").ends_with("- two\n\n-- \nThe House\n"));
    }

    #[test]
    fn the_place_of_an_address_is_kept_for_when_the_mail_is_sent() {
        let mut draft = draft();
        draft.blocks.push(Block(vec![Line::link("\u{1}", "Choose a password")]));
        assert_eq!(draft.text("The House").matches('\u{1}').count(), 1);
        assert!(draft.html(&Dress::plain("The House")).contains("href=\"\u{1}\""));
    }
}
