//! Keeps links, forms and redirects that repeat part of a request inside this house.

use super::request::Request;
use crate::gate::base_path::inside;

/// The longest target that is repeated, in bytes: encoded in a `Location`, it still fits what proxies take.
const MAX_TARGET: usize = 2_048;

/// Returns `target` if browsers read it as a path of this house, otherwise `/`. Everything that repeats the path or the
/// query of a request, or its `next`, goes through here.
pub fn local_target(target: &str) -> String {
    let repeated = is_local(target) && target.len() <= MAX_TARGET;
    if repeated { target.to_owned() } else { "/".to_owned() }
}

/// Returns the target that `next` names. A script writes it with the base path, a page without.
pub fn way_on(request: &Request, next: &str) -> String {
    local_target(inside(next, &request.base))
}

/// Whether a link to `target` stays in this house.
///
/// Two slashes begin the name of another host, in the middle of a path too once the dots before them are resolved.
/// Browsers read a backslash as a slash, and skip tabs and line ends. Encoded forms are refused as well, because a
/// proxy may decode them before it redirects the browser. No path of this house has any of these.
pub fn is_local(target: &str) -> bool {
    let path = target.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let leads_away = ["//", "%2f", "%5c", "%09", "%0a", "%0d"].iter().any(|part| path.contains(part));
    path.starts_with('/') && !leads_away && !target.contains(|c: char| c == '\\' || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_target_never_leaves_the_house() {
        for local in [
            "/",
            "/listings/5",
            "/listings/5?amount=12%2F50&lang=ko",
            "/account#mail",
            "/?q=//evil.example",
            "/?q=%5C%0a",
            "/login?next=%2Flistings%2F5",
            "/경매",
            "/.evil.example",
        ] {
            assert_eq!(local_target(local), local);
        }
        let long = format!("/{}", "a".repeat(MAX_TARGET));
        for elsewhere in [
            "",
            "*",
            "?q=a",
            "listings/5",
            "evil.example",
            "//evil.example",
            "/.//evil.example",
            "/a/..//evil.example",
            "/a/..%2Fevil.example",
            "//evil.example/x?lang=en",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "\\/evil.example",
            "/a\\..\\evil.example",
            "/%2fevil.example",
            "/%2F/evil.example",
            "/%5Cevil.example",
            "/%5c%5cevil.example",
            "/%09/evil.example",
            "/%0A/evil.example",
            "/%0d/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/\r\nSet-Cookie: a=b",
            "\t//evil.example",
            " //evil.example",
            "/\u{85}/evil.example",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            &long,
        ] {
            assert_eq!(local_target(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
