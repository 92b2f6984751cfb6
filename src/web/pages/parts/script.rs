//! The data for a page's script.

use crate::text::i18n::Lang;
use crate::web::pages::parts::frame::Frame;
use crate::web::pages::parts::sentences;
use chrono::TimeDelta;
use serde_json::json;

/// The days for which the script gets the zone's offsets: the times it shows are at most a month ago and a year ahead,
/// except for listings that stay open longer.
const SPANS_BACK_DAYS: i64 = 30;
const SPANS_DAYS: i64 = SPANS_BACK_DAYS + 400;

impl Frame {
    /// The data for the script, as JSON that is safe inside a script element.
    pub fn for_script(&self) -> String {
        let outbid = self.outbid.iter();
        let outbid = outbid.map(|on| json!({"listing": on.listing, "title": on.title, "price": on.price}));
        let value = json!({
            "lang": self.lang(),
            "me": self.viewer.as_ref().map(|viewer| viewer.id),
            "who": self.session_mark,
            "cursor": self.cursor,
            "outbid": outbid.collect::<Vec<_>>(),
            "now_ms": self.now.timestamp_millis(),
            "zone_spans": self.zone.spans(self.now - TimeDelta::days(SPANS_BACK_DAYS), SPANS_DAYS),
            "money": self.currency.pattern(self.words.lang == Lang::Ko),
            "decimals": self.currency.decimals,
            "signs": self.currency.signs(),
            "here": self.path_and_query,
            "words": sentences::for_script(self),
        });
        value.to_string().replace('<', "\\u003c")
    }
}
