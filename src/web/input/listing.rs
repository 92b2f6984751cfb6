//! The fields of a listing.

use super::{Input, Writing};
use crate::rules::listing::{Closes, Draft};
use crate::rules::soft_close::SoftClose;
use crate::rules::time::Time;
use crate::web::json::{self, Json};

/// A soft close as programs write it, and in the order of its parts.
const IN_SECONDS: [&str; 3] = ["soft_close.window_s", "soft_close.extension_s", "soft_close.cap_s"];
/// The same as people do.
const IN_MINUTES: [&str; 3] = ["soft_close.window_min", "soft_close.extension_min", "soft_close.cap_min"];

impl Input {
    /// The fields of a listing, its pictures aside; what is wrong with any of them is noted, as it would be at `now`.
    pub fn draft(&mut self, now: Time) -> Draft {
        self.open_soft_close();
        let draft = Draft {
            title: self.needed_text("title"),
            description: self.text("description").unwrap_or_default(),
            opening: self.needed_amount("opening"),
            closes: self.closes(now),
            reserve: self.amount("reserve"),
            buy_now: self.amount("buy_now"),
            increment: self.amount("increment"),
            soft_close: self.soft_close(),
            category: self.text("category"),
            pictures: Vec::new(),
        };
        self.faults.pictures(self.pictures.len() + self.pictures_kept.len());
        self.faults.join(draft.faults(now));
        draft
    }

    /// A form's choice of "event" in `closes_in_s` means the end of the event, "at" means `closes_at`, and any other
    /// choice goes before it; a program names one.
    fn closes(&mut self, now: Time) -> Option<Closes> {
        self.known.extend(["closes_at", "closes_in_s"]);
        let is_by_people = self.is_by_people();
        if !is_by_people && self.value("closes_at").is_some() && self.value("closes_in_s").is_some() {
            self.faults.add("closes_at", "Give either this or closes_in_s.");
            return None;
        }
        let chosen = self.value("closes_in_s").and_then(Json::as_text);
        let by_length = is_by_people && chosen.is_some_and(|chosen| chosen != "at");
        if self.value("closes_at").is_some() && !by_length {
            let text = self.text("closes_at")?;
            return self.closing_instant(&text, now).map(Closes::At);
        }
        if is_by_people && chosen == Some("event") {
            return self.event_ends_at.map(Closes::At);
        }
        if chosen == Some("at") {
            return None;
        }
        self.seconds("closes_in_s").map(|seconds| Closes::In { seconds })
    }

    /// In a multipart call `soft_close` may be JSON in a text.
    fn open_soft_close(&mut self) {
        if let Some(Json::Text(text)) = self.fields.get("soft_close")
            && let Ok(json::Document { root: root @ (Json::Object(_) | Json::Null), twice }) =
                json::read(text.as_bytes())
        {
            self.twice.extend(twice.iter().map(|name| format!("soft_close.{name}")));
            self.fields.insert("soft_close".into(), root);
        }
    }

    /// The page's form sends the three fields always, in minutes, and a tick when they are meant: it says so by
    /// `soft_close.ticked`. Seconds are read from forms, too.
    fn soft_close(&mut self) -> Option<SoftClose> {
        let in_minutes = self.is_by_people() && IN_MINUTES.iter().any(|name| self.value(name).is_some());
        let parts = if in_minutes { IN_MINUTES } else { IN_SECONDS };
        self.known.extend(parts);
        let meant = match (&self.writing, self.value("soft_close")) {
            (Writing::People { .. }, tick) if self.value("soft_close.ticked").is_some() => tick.is_some(),
            (Writing::People { .. }, Some(_)) | (_, Some(Json::Object(_))) => true,
            (_, None) => parts.iter().any(|name| self.value(name).is_some()),
            (_, Some(_)) => {
                self.faults.add("soft_close", "An object of window_s, extension_s, cap_s.");
                false
            }
        };
        if !meant {
            return None;
        }
        parts.iter().for_each(|name| self.need(name));
        let read = |name| if in_minutes { self.minutes(name) } else { self.seconds(name) };
        let [window_s, extension_s, cap_s] = parts.map(read);
        Some(SoftClose { window_s: window_s?, extension_s: extension_s?, cap_s: cap_s? })
    }

    /// Returns whole minutes as seconds, if the field was sent.
    fn minutes(&mut self, name: &'static str) -> Option<i64> {
        let minutes = self.text(name)?.trim().parse::<i64>().ok();
        let seconds = minutes.filter(|minutes| *minutes > 0).and_then(|minutes| minutes.checked_mul(60));
        self.noted(name, seconds.ok_or("A whole number of minutes."))
    }

    fn is_by_people(&self) -> bool {
        matches!(self.writing, Writing::People { .. })
    }
}
