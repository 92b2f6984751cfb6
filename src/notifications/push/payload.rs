//! What a push says: JSON that the service worker shows as it is, in the person's language. It is short: a push service
//! takes some 4,000 bytes, and a phone shows a few lines.

use crate::house::notices::notice::Notice;
use crate::house::notices::outbox::{Letter, Parcel};
use crate::notifications::letter::Composer;
use crate::rules::notice::{About, NoticeKind};
use serde_json::json;

/// The most bytes of a payload.
pub const MAX_BYTES: usize = 3_000;
const MAX_TITLE: usize = 120;
const MAX_BODY: usize = 400;
/// The tag of a push that says several things.
const SEVERAL: &str = "several";

/// Writes a push of one notice, or of several at once: its subject is the tag, its body the JSON.
pub fn compose(parcel: &Parcel<'_>) -> Letter {
    let composer = Composer::of(parcel);
    let (title, body) = composer.short(parcel.notices);
    let (tag, path) = match parcel.notices {
        [notice] => (tag_of(notice), path_of(notice)),
        _ => (SEVERAL.to_owned(), "/account".to_owned()),
    };
    let url = format!("{}{path}", parcel.settings.base_path());
    let write = |n_chars: usize| {
        let body = cut(&body, n_chars);
        json!({"title": cut(&title, MAX_TITLE), "body": body, "url": url, "tag": tag, "lang": composer.lang()})
            .to_string()
    };
    let mut written = write(MAX_BODY);
    if written.len() > MAX_BYTES {
        // What JSON escapes takes up to six bytes a character.
        written = write(MAX_BODY / 4);
    }
    Letter { subject: tag, body: written, html: None }
}

/// `KIND-ID`: what a newer push replaces an older one by.
fn tag_of(notice: &Notice) -> String {
    format!("{}-{}", notice.kind.name(), notice.about.id())
}

/// The page that a press leads to.
fn path_of(notice: &Notice) -> String {
    match (notice.about, notice.kind) {
        (About::Listing(id), _) => format!("/listings/{id}"),
        (About::Sale(_), NoticeKind::Bill) => "/account/bills".to_owned(),
        (About::Sale(_), _) => "/sales".to_owned(),
        (About::Account(_) | About::Funds, _) => "/account".to_owned(),
    }
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(cut("경매가 끝났어요", 4), "경매가…");
        assert_eq!(cut("sold", 4), "sold");
    }
}
