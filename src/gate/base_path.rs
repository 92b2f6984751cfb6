//! The path under which the house is served on its host, such as `/auction`; empty where it has the host for itself. It
//! is removed from every request here, so that everything behind the gate sees paths that begin at the house. A proxy
//! may pass the path on or remove it itself: both arrive as the same request.

use std::sync::{Arc, PoisonError, RwLock};

/// The base path; clones share it.
#[derive(Clone, Default)]
pub struct BasePath(Arc<RwLock<Arc<str>>>);

impl BasePath {
    pub fn get(&self) -> Arc<str> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets the path for every request from now on. `path` must not end with a slash.
    pub fn set(&self, path: &str) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = path.into();
    }
}

/// Returns `target` without `base` at its beginning. A target elsewhere, and the bare base without its slash, stay as
/// they are.
pub fn inside<'t>(target: &'t str, base: &str) -> &'t str {
    match target.strip_prefix(base) {
        Some(rest) if rest.starts_with('/') => rest,
        _ => target,
    }
}

#[cfg(test)]
mod tests {
    use super::inside;

    #[test]
    fn the_base_path_is_taken_off_once_and_only_where_it_ends() {
        for (target, base, expected) in [
            ("/auction/listings/5?x=/auction/", "/auction", "/listings/5?x=/auction/"),
            ("/auction/", "/auction", "/"),
            ("/auction/?lang=ko", "/auction", "/?lang=ko"),
            ("/auction", "/auction", "/auction"),
            ("/auction?lang=ko", "/auction", "/auction?lang=ko"),
            ("/auctions/5", "/auction", "/auctions/5"),
            ("/Auction/", "/auction", "/Auction/"),
            ("/auction/auction/", "/auction", "/auction/"),
            ("/listings/5", "/auction", "/listings/5"),
            ("/a/b/listings/5", "/a/b", "/listings/5"),
            ("/listings/5", "", "/listings/5"),
            ("//evil.example", "", "//evil.example"),
            ("/auction//evil.example", "/auction", "//evil.example"),
            ("*", "/auction", "*"),
            ("", "", ""),
        ] {
            assert_eq!(inside(target, base), expected, "{target} under {base:?}");
        }
    }
}
