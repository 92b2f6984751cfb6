//! Puts the base path before every path in a reply: in the links and forms of a page, in `Location`, in the pictures
//! that JSON names. Handlers and templates write paths without it; all of them are rewritten where replies leave, so
//! that none is forgotten. The gate takes the base path off requests.

use std::borrow::Cow;

/// The attributes of a page that hold a path.
const LINKS: [&str; 6] = ["href", "src", "srcset", "action", "formaction", "poster"];

/// Returns the page with `base` before each path in its attributes. A person's text has its quotes escaped, and so is
/// never changed.
pub fn in_page(html: &str, base: &str) -> String {
    let mut out = String::with_capacity(html.len() + html.len() / 16);
    let mut rest = html;
    while let Some(at) = rest.find("=\"/") {
        let (before, value) = rest.split_at(at + "=\"".len());
        out.push_str(before);
        let end = value.find('"').unwrap_or(value.len());
        match name_before(&rest[..at]) {
            "srcset" => {
                out.push_str(&format!("{base}{}", value[..end].replace(", /", &format!(", {base}/"))))
            }
            name if LINKS.contains(&name) => out.extend([base, &value[..end]]),
            _ => out.push_str(&value[..end]),
        }
        rest = &value[end..];
    }
    out.push_str(rest);
    out
}

/// The name of the attribute that ends here.
fn name_before(html: &str) -> &str {
    html.rsplit(|c: char| c.is_ascii_whitespace()).next().unwrap_or_default()
}

/// Returns the JSON with `base` before the paths of its pictures. A quote in a text is escaped, so that no text looks
/// like such a path.
pub fn in_json<'t>(text: &'t str, base: &str) -> Cow<'t, str> {
    const PICTURE: &str = "\"/pictures/";
    const BEFORE: [&str; 4] = ["\"picture\":\"", "\"thumbnail\":\"", "[\"", "\",\""];
    if base.is_empty() || !text.contains(PICTURE) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 256);
    let mut rest = text;
    while let Some(at) = rest.find(PICTURE) {
        let (before, path) = rest.split_at(at + 1);
        out.push_str(before);
        if BEFORE.iter().any(|known| out.ends_with(known)) {
            out.push_str(base);
        }
        out.push_str(&path[..PICTURE.len() - 1]);
        rest = &path[PICTURE.len() - 1..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::i18n::tests::files_below;
    use serde_json::json;

    #[test]
    fn every_link_of_a_page_begins_with_the_base_path_and_no_text_does() {
        let html = "<a class=\"x\" href=\"/\">/</a><a href=\"#main\"></a><form\n action=\"/listings/5/bids\">\
                    <input name=\"next\" value=\"/account\"><img src=\"/a.jpg\" srcset=\"/a.jpg 480w, /b.jpg 1600w\">\
                    <p title=\"/x\">href=&quot;/y&quot;</p><a href=\"https://example.org/\"></a>";
        let expected = "<a class=\"x\" href=\"/h/\">/</a><a href=\"#main\"></a><form\n action=\"/h/listings/5/bids\">\
                        <input name=\"next\" value=\"/account\"><img src=\"/h/a.jpg\" srcset=\"/h/a.jpg 480w, /h/b.jpg 1600w\">\
                        <p title=\"/x\">href=&quot;/y&quot;</p><a href=\"https://example.org/\"></a>";
        assert_eq!(in_page(html, "/h"), expected);
        assert_eq!(in_page(html, ""), html);
    }

    #[test]
    fn of_json_only_the_pictures_are_changed() {
        let listing = json!({
            "title": "/pictures/x", "description": "\"picture\":\"/pictures/x\", [\"/pictures/x\",\"/pictures/y\"]",
            "picture": "/pictures/a.jpg", "thumbnail": "/pictures/a-thumb.jpg",
            "pictures": ["/pictures/a.jpg", "/pictures/b.jpg"],
        });
        let mut expected = listing.clone();
        expected["picture"] = "/h/pictures/a.jpg".into();
        expected["thumbnail"] = "/h/pictures/a-thumb.jpg".into();
        expected["pictures"] = json!(["/h/pictures/a.jpg", "/h/pictures/b.jpg"]);
        assert_eq!(in_json(&listing.to_string(), "/h"), expected.to_string());
        assert_eq!(in_json(&listing.to_string(), ""), listing.to_string());
    }

    /// A path in any other attribute would be left as it is.
    #[test]
    fn templates_write_paths_in_attributes_that_are_known() {
        let templates = files_below("src/web/pages")
            .into_iter()
            .filter(|path| path.extension().is_some_and(|e| e == "html"));
        let templates: Vec<_> = templates.collect();
        assert!(templates.len() > 10, "the search for templates went blind");
        for path in templates {
            let html = std::fs::read_to_string(&path).unwrap();
            assert!(!html.contains("='/") && !html.contains("=/") && !html.contains("url=/"), "{path:?}");
            for (at, _) in html.match_indices("=\"/") {
                assert!(LINKS.contains(&name_before(&html[..at])), "{path:?}: {}", &html[at..at + 40]);
            }
        }
    }

    /// The scripts know where they were loaded from, and begin there.
    #[test]
    fn scripts_write_no_path_without_the_base() {
        for path in files_below("src/web/assets") {
            if path.extension().is_some_and(|ending| ending == "js" || ending == "webmanifest") {
                let text = std::fs::read_to_string(&path).unwrap();
                for (n, line) in
                    text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
                {
                    let bare = line.as_bytes().windows(3).any(|three| {
                        b"\"'`".contains(&three[0])
                            && three[1] == b'/'
                            && (three[2].is_ascii_lowercase() || three[2] == three[0])
                    });
                    assert!(!bare, "{path:?}:{}: {line}", n + 1);
                }
            }
        }
    }
}
