//! The data for the form's own script: its sentences, and what the house keeps of a price.

use crate::web::pages::new_listing::view::NewListing;
use crate::web::pages::parts::frame::Frame;
use serde_json::{Map, Value, json};

/// The sentences, by the name that the script uses; `%` and a name stand where a figure belongs.
const SPOKEN: [(&str, &str); 17] = [
    ("need_picture", "need-picture"),
    ("need_reserve", "need-reserve"),
    ("need_buy_now", "need-buy-now"),
    ("need_soft_close", "need-soft-close"),
    ("cover", "sell-cover"),
    ("shrinking", "sell-shrinking"),
    ("waiting", "sell-waiting"),
    ("again_soon", "sell-again-soon"),
    ("failed", "sell-failed"),
    ("too_large", "picture-too-large"),
    ("logged_out", "sell-logged-out"),
    ("again", "sell-again"),
    ("twice", "sell-twice"),
    ("publishing", "sell-publishing"),
    ("restored", "sell-restored"),
    ("fix", "new-has-errors"),
    ("fix_pictures", "sell-fix-pictures"),
];

impl NewListing {
    /// The data for the script, as JSON that is safe inside a script element.
    pub(super) fn for_script(&self) -> String {
        let words = sentences(&self.frame);
        let is_fresh = self.preview.is_none() && !self.filled.has_errors();
        let value = json!({"words": words, "commission_bps": self.commission_bps, "fresh": is_fresh});
        value.to_string().replace('<', "\\u003c")
    }
}

fn sentences(frame: &Frame) -> Map<String, Value> {
    let words = frame.words;
    let plain = SPOKEN.iter().map(|(name, key)| (*name, words.t(key)));
    let of_picture = ["sending", "sent", "nth", "earlier", "later", "remove", "moved", "removed"]
        .map(|name| (name, words.t1(&format!("sell-{name}"), "n", "%n")));
    let others = [
        ("wait_list", words.t1("sell-wait-list", "n", "%n")),
        ("wait_preview", words.t1("sell-wait-preview", "n", "%n")),
        (
            "receive",
            words
                .with("sell-receive", &[("price", "%price"), ("net", "%net"), ("commission", "%commission")]),
        ),
    ];
    plain.chain(of_picture).chain(others).map(|(name, said)| (name.to_owned(), said.into())).collect()
}
