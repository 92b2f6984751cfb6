//! The house's own texts (its terms and its pages) as HTML, cleaned: raw HTML is shown as the text that it is, links lead to
//! the web, to a mail or within the house, and pictures come from the house alone. Headings stand below the page's own.

use super::manual::html::id;
use super::manual::words;
use pulldown_cmark::{Alignment, CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html};

/// Before the anchors of headings, so that none is one of the page's.
const ANCHOR: &str = "text-";

/// Renders `markdown`.
pub fn clean(markdown: &str) -> String {
    let mut parser = Parser::new_ext(markdown, Options::ENABLE_TABLES);
    let mut shown = Vec::new();
    // Whether each link that is open is shown as one.
    let mut links = Vec::new();
    let mut anchors = Vec::new();
    while let Some(event) = parser.next() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let is_end = |event: &Event<'_>| matches!(event, Event::End(TagEnd::Heading(_)));
                let heading: Vec<_> = parser.by_ref().take_while(|event| !is_end(event)).collect();
                let (level, anchor) = (below(level), id(&words(&heading)));
                let is_new = !anchor.is_empty() && !anchors.contains(&anchor);
                let attribute = if is_new { format!(" id=\"{ANCHOR}{anchor}\"") } else { String::new() };
                anchors.push(anchor);
                shown.push(raw(format!("<{level}{attribute}>")));
                for event in heading {
                    shown.push(plain(event, &mut links));
                }
                shown.push(raw(format!("</{level}>\n")));
            }
            Event::Start(Tag::Image { dest_url, .. }) => {
                let alt = alt_text(&mut parser);
                shown.push(raw(picture(&dest_url, &alt)));
            }
            event => shown.push(plain(event, &mut links)),
        }
    }
    let mut out = String::new();
    html::push_html(&mut out, shown.into_iter());
    out
}

/// An event as it may be shown. Quotes in texts are escaped, so that no text looks like an attribute with a path.
fn plain<'e>(event: Event<'e>, links: &mut Vec<bool>) -> Event<'e> {
    match event {
        Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => raw(escaped(&text)),
        Event::Code(text) => raw(format!("<code>{}</code>", escaped(&text))),
        Event::Start(Tag::HtmlBlock) => raw("<p>".to_owned()),
        Event::End(TagEnd::HtmlBlock) => raw("</p>\n".to_owned()),
        Event::Start(Tag::Link { link_type, dest_url, .. }) => {
            let tag = link(link_type, &dest_url);
            links.push(tag.is_some());
            raw(tag.unwrap_or_default())
        }
        Event::End(TagEnd::Link) => {
            raw(if links.pop() == Some(true) { "</a>".to_owned() } else { String::new() })
        }
        // Alignments would be styles in the page, which it forbids.
        Event::Start(Tag::Table(alignments)) => {
            Event::Start(Tag::Table(vec![Alignment::None; alignments.len()]))
        }
        Event::Start(Tag::CodeBlock(_)) => raw("<pre tabindex=\"0\"><code>".to_owned()),
        Event::End(TagEnd::CodeBlock) => raw("</code></pre>\n".to_owned()),
        // Only a picture inside a heading comes here: its words are shown.
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => raw(String::new()),
        event => event,
    }
}

fn raw(html: String) -> Event<'static> {
    Event::Html(CowStr::from(html))
}

fn below(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H2,
        HeadingLevel::H2 => HeadingLevel::H3,
        HeadingLevel::H3 => HeadingLevel::H4,
        HeadingLevel::H4 => HeadingLevel::H5,
        HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}

/// The words of a picture, up to its end.
fn alt_text<'e>(events: &mut impl Iterator<Item = Event<'e>>) -> String {
    let (mut depth, mut alt) = (1, String::new());
    for event in events {
        match event {
            Event::Start(Tag::Image { .. }) => depth += 1,
            Event::End(TagEnd::Image) => depth -= 1,
            Event::Text(text) | Event::Code(text) => alt.push_str(&text),
            Event::SoftBreak | Event::HardBreak => alt.push(' '),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    alt
}

/// A picture of the house itself; of any other, its words.
fn picture(address: &str, alt: &str) -> String {
    match Address::of(address) {
        Some(Address::Here(path)) if path.starts_with('/') => {
            format!("<img src=\"{}\" alt=\"{}\" loading=\"lazy\">", escaped(path), escaped(alt))
        }
        _ => escaped(alt),
    }
}

/// The opening tag of a link; none where it may not lead.
fn link(link_type: LinkType, address: &str) -> Option<String> {
    if link_type == LinkType::Email {
        return Some(format!("<a href=\"mailto:{}\">", escaped(address)));
    }
    Some(match Address::of(address)? {
        Address::Section(section) => format!("<a href=\"#{ANCHOR}{}\">", escaped(section)),
        Address::Here(path) => format!("<a href=\"{}\">", escaped(path)),
        Address::Mail(mail) => format!("<a href=\"{}\">", escaped(mail)),
        Address::Web(address) => format!("<a href=\"{}\" rel=\"nofollow noopener\">", escaped(address)),
    })
}

/// Where a link may lead.
enum Address<'a> {
    /// To a heading of the same text.
    Section(&'a str),
    /// Within the house.
    Here(&'a str),
    Mail(&'a str),
    Web(&'a str),
}

impl<'a> Address<'a> {
    fn of(address: &'a str) -> Option<Address<'a>> {
        // Browsers leave out control characters and white space, and read a backslash as a slash.
        if address.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return None;
        }
        let begins =
            |with: &str| address.get(..with.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(with));
        if let Some(section) = address.strip_prefix('#') {
            return Some(Address::Section(section));
        }
        if begins("http://") || begins("https://") {
            return Some(Address::Web(address));
        }
        if begins("mailto:") {
            return Some(Address::Mail(address));
        }
        let first = address.split(['/', '?', '#']).next().unwrap_or_default();
        let is_here = !address.is_empty() && !address.starts_with("//") && !first.contains(':');
        is_here.then_some(Address::Here(address))
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::base_path::in_page;

    #[test]
    fn what_a_house_writes_is_shown() {
        for (markdown, html) in [
            (
                "# Terms\n\n## Paying",
                "<h2 id=\"text-terms\">Terms</h2>\n<h3 id=\"text-paying\">Paying</h3>\n",
            ),
            ("###### a", "<h6 id=\"text-a\">a</h6>\n"),
            ("# A\n# A", "<h2 id=\"text-a\">A</h2>\n<h2>A</h2>\n"),
            ("[x](#paying)", "<p><a href=\"#text-paying\">x</a></p>\n"),
            ("[x](/sales) [y](contact)", "<p><a href=\"/sales\">x</a> <a href=\"contact\">y</a></p>\n"),
            (
                "[x](HTTPS://example.org/?a=1&b=2)",
                "<p><a href=\"HTTPS://example.org/?a=1&amp;b=2\" rel=\"nofollow noopener\">x</a></p>\n",
            ),
            ("[x](mailto:a@example.org)", "<p><a href=\"mailto:a@example.org\">x</a></p>\n"),
            ("<a@example.org>", "<p><a href=\"mailto:a@example.org\">a@example.org</a></p>\n"),
            (
                "![the hall](/pictures/0123.jpg)",
                "<p><img src=\"/pictures/0123.jpg\" alt=\"the hall\" loading=\"lazy\"></p>\n",
            ),
            ("`a < \"b\"`", "<p><code>a &lt; &quot;b&quot;</code></p>\n"),
            ("*a* **b**", "<p><em>a</em> <strong>b</strong></p>\n"),
            (
                "|a|\n|:-:|\n|1|",
                "<table><thead><tr><th>a</th></tr></thead><tbody>\n<tr><td>1</td></tr>\n</tbody></table>\n",
            ),
        ] {
            assert_eq!(clean(markdown), html, "{markdown}");
        }
    }

    /// No tag in it but those that Markdown makes, and no attribute but these.
    #[test]
    fn nothing_nasty_comes_through() {
        for nasty in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "<svg/onload=alert(1)>",
            "<iframe src=\"https://evil.example\"></iframe>",
            "<style>body{display:none}</style>",
            "<!-- <b> --> <?php ?> <![CDATA[<b>]]>",
            "<a href=\"javascript:alert(1)\">x</a>",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](&#106;avascript:alert(1))",
            "[x](java&#10;script:alert(1))",
            "[x](<java\tscript:alert(1)>)",
            "[x](&#1;javascript:alert(1))",
            "[x](vbscript:x)",
            "[x](data:text/html,<script>alert(1)</script>)",
            "[x](blob:https://example.org/1)",
            "[x](file:///etc/passwd)",
            "[x](//evil.example)",
            "[x](/\\evil.example)",
            "[x](\\\\evil.example)",
            "<javascript:alert(1)>",
            "[x][y]\n\n[y]: javascript:alert(1)",
            "[x](/a \"\\\" onmouseover=alert(1) \")",
            "[x](/a\"onmouseover=alert(1))",
            "[x](https://a.example/\"onmouseover=alert(1))",
            "![x](https://evil.example/track.gif)",
            "![x](//evil.example/track.gif)",
            "![x](javascript:alert(1))",
            "![x](data:image/svg+xml,<svg/onload=alert(1)>)",
            "![\" onerror=alert(1) x=\"](/pictures/a.jpg)",
            "![<img src=x onerror=alert(1)>](/pictures/a.jpg)",
            "# <img src=x onerror=alert(1)>",
            "# \" onclick=alert(1)",
            "# [x](javascript:alert(1)) ![y](https://evil.example/a.gif)",
            "```\"><script>\n</script>\n```",
            "    <script>alert(1)</script>",
            "|<script>|\n|-|\n|<img onerror=x>|",
            "href=\"/stolen\" src='/stolen'",
            "[![a](javascript:x)](javascript:y)",
            "</article></main><form action=/logout method=post>",
        ] {
            let html = clean(nasty);
            let mut rest = html.as_str();
            while let Some(at) = rest.find('<') {
                let end = rest[at..].find('>').expect("each tag ends") + at;
                let tag = &rest[at + 1..end];
                let name = tag.trim_start_matches('/').split(' ').next().unwrap();
                let known = "a code em h2 h3 img li ol p pre strong table tbody td th thead tr ul";
                assert!(known.split(' ').any(|known| known == name), "{nasty}: {html}");
                for attribute in tag.split(' ').skip(1).filter(|part| part.contains("=\"")) {
                    let (name, value) = attribute.split_once("=\"").unwrap();
                    assert!(
                        ["href", "src", "alt", "rel", "id", "loading", "tabindex"].contains(&name),
                        "{nasty}: {html}"
                    );
                    let is_address = name == "href" || name == "src";
                    let is_here =
                        value.starts_with('/') && !value.starts_with("//") && !value.starts_with("/\\");
                    assert!(
                        !is_address || is_here || value.starts_with("https://a.example/"),
                        "{nasty}: {html}"
                    );
                }
                rest = &rest[end + 1..];
            }
        }
    }

    #[test]
    fn no_text_looks_like_a_link_to_the_base_path() {
        let html = clean("href=\"/a\" `src=\"/b\"`\n\n<a href=\"/c\">\n\n[x](/d)");
        let under = in_page(&html, "/auction");
        assert_eq!(under.matches("/auction").count(), 1, "{under}");
    }
}
