//! A page of the manual as HTML: its sections can be linked to, and tables and examples scroll on a narrow screen.

use super::{Destination, events, words};
use pulldown_cmark::{Event, HeadingLevel, Tag, TagEnd};

/// A page without its title.
pub struct Body {
    pub html: String,
    pub sections: Vec<Section>,
}

/// A heading that the page's contents name.
pub struct Section {
    pub id: String,
    pub title: String,
}

/// Renders `markdown`. The heading of the first level is left out: it is the page's title.
pub fn body(markdown: &str) -> Body {
    let mut events = events(markdown);
    let (mut shown, mut sections): (Vec<Event<'_>>, Vec<Section>) = (Vec::new(), Vec::new());
    // Names the tables of a section.
    let mut under = String::new();
    while let Some(event) = events.next() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let is_end = |event: &Event<'_>| matches!(event, Event::End(TagEnd::Heading(_)));
                let heading: Vec<_> = events.by_ref().take_while(|event| !is_end(event)).collect();
                if level == HeadingLevel::H1 {
                    continue;
                }
                let title = words(&heading);
                under = id(&title);
                let tag = Tag::Heading {
                    level,
                    id: Some(under.clone().into()),
                    classes: Vec::new(),
                    attrs: Vec::new(),
                };
                shown.push(Event::Start(tag));
                shown.extend(heading);
                shown.push(Event::End(TagEnd::Heading(level)));
                if level == HeadingLevel::H2 {
                    sections.push(Section { id: under.clone(), title });
                }
            }
            Event::Start(Tag::Table(alignments)) => {
                let name =
                    if under.is_empty() { String::new() } else { format!(" aria-labelledby=\"{under}\"") };
                shown.push(html(format!("<div class=\"wide\" role=\"group\" tabindex=\"0\"{name}>")));
                shown.push(Event::Start(Tag::Table(alignments)));
            }
            Event::End(TagEnd::Table) => {
                shown.extend([Event::End(TagEnd::Table), html("</div>\n".to_owned())]);
            }
            Event::Start(Tag::CodeBlock(_)) => shown.push(html("<pre tabindex=\"0\"><code>".to_owned())),
            Event::End(TagEnd::CodeBlock) => shown.push(html("</code></pre>\n".to_owned())),
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let dest_url = match Destination::of(&dest_url) {
                    Destination::Page { name, fragment } => format!("/help/{name}{fragment}").into(),
                    Destination::Elsewhere(_) => dest_url,
                };
                shown.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
            }
            event => shown.push(event),
        }
    }
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, shown.into_iter());
    Body { html, sections }
}

fn html(html: String) -> Event<'static> {
    Event::Html(html.into())
}

/// The anchor of a heading, as GitHub makes it: lower case, blanks as hyphens, no other signs.
pub fn id(title: &str) -> String {
    let kept = title.to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || *c == '-').collect()
}

#[cfg(test)]
mod tests {
    use super::super::PAGES;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn html_in_a_page_is_shown_and_not_passed_on() {
        let shown = body("# T\n\nA <b onclick=x>bold</b> word.\n\n<script>x()</script>\n\n`<i>`\n").html;
        assert!(!shown.contains("<b") && !shown.contains("<script") && !shown.contains("<i>"), "{shown}");
        assert!(shown.contains("&lt;script&gt;x()&lt;/script&gt;"), "{shown}");
    }

    #[test]
    fn sections_have_anchors_and_links_lead_to_pages() {
        let page = body("# T\n\n## A clock, *that* jumps\n\n[x](rules.md#bids) [y](https://example.org)\n");
        assert_eq!(page.sections[0].id, "a-clock-that-jumps");
        assert_eq!(page.sections[0].title, "A clock, that jumps");
        assert!(page.html.contains("<h2 id=\"a-clock-that-jumps\">"), "{}", page.html);
        assert!(page.html.contains("href=\"/help/rules#bids\""), "{}", page.html);
        assert!(!page.html.contains("<h1"), "{}", page.html);
    }

    #[test]
    fn tables_and_examples_can_be_scrolled_by_keyboard() {
        let shown = body("# T\n\n## Sizes\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```sh\na <b\n```\n").html;
        assert!(
            shown.contains(
                "<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-labelledby=\"sizes\"><table>"
            ),
            "{shown}"
        );
        assert!(shown.contains("<pre tabindex=\"0\"><code>a &lt;b\n</code></pre>"), "{shown}");
    }

    #[test]
    fn no_anchor_stands_twice_on_a_page() {
        for page in &PAGES {
            let sections = body(page.text).sections;
            let ids: BTreeSet<&str> = sections.iter().map(|section| &*section.id).collect();
            assert_eq!(ids.len(), sections.len(), "{}", page.name);
            assert!(!ids.contains("main"), "{}: the frame has it", page.name);
        }
    }
}
