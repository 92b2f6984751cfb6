//! A sale in short, as it stands on the first page and on its own pages: its name and cause, when it opens or ends, what it
//! has raised, and how to take part.

use chrono::{DateTime, Utc};

use crate::house::sales::view::SaleLine;
use crate::rules::sale::SaleState;
use crate::text::dates;
use crate::text::i18n::Lang;
use crate::web::pages::parts::card::Card;
use crate::web::pages::parts::frame::Frame;
use crate::web::pages::parts::sale_words;

/// The most characters of a cause: two lines of a phone, or three.
const MAX_CAUSE: usize = 140;

/// The content of the head of a sale. Amounts are minor units.
#[derive(Clone, Debug)]
pub struct Hero {
    pub line: SaleLine,
    /// What it is for.
    pub cause: Option<String>,
    /// The hammer prices of what is sold.
    pub total: i64,
    /// Whether the sale says where and when buyers collect their lots.
    pub has_pickup: bool,
    /// The sentences on why it waits, was postponed or was cancelled.
    pub said: Vec<String>,
    /// The lots that close next; only beside the catalogue.
    pub next: Vec<Card>,
    pub place: Place,
}

/// The page that a sale heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    First,
    Catalogue,
    /// The visitor's own lots, which have a heading of their own.
    Own,
}

impl Hero {
    pub fn state_text(&self, frame: &Frame) -> String {
        sale_words::state_text(self.line.state, frame)
    }

    /// `On now`, `Next sale`, `Last sale`: only on the first page.
    pub fn mark(&self, frame: &Frame) -> Option<String> {
        let key = match self.line.state {
            SaleState::Upcoming => "sale-soon",
            SaleState::Closed | SaleState::Cancelled => "sale-last",
            SaleState::Draft | SaleState::Open | SaleState::Paused => "sale-now",
        };
        (self.place == Place::First).then(|| frame.t(key))
    }

    pub fn is_over(&self) -> bool {
        matches!(self.line.state, SaleState::Closed | SaleState::Cancelled)
    }

    pub fn lots_text(&self, frame: &Frame) -> String {
        let lots = frame.words.t1("n-lots", "n", self.line.n_lots);
        if self.line.n_open == 0 || self.line.n_open == self.line.n_lots {
            return lots;
        }
        format!("{lots} · {}", frame.words.t1("n-lots-open", "n", self.line.n_open))
    }

    /// When bidding opens, unless it has opened.
    pub fn opens_ahead(&self, frame: &Frame) -> Option<DateTime<Utc>> {
        let opens_at = self.line.opens_at.map(|at| at.utc())?;
        (!self.is_over() && opens_at > frame.now).then_some(opens_at)
    }

    /// When the last lot ends, of a sale that has opened.
    pub fn ends_ahead(&self, frame: &Frame) -> Option<DateTime<Utc>> {
        let is_running = !self.is_over() && self.opens_ahead(frame).is_none();
        is_running.then(|| self.line.last_closes_at.utc())
    }

    /// The time until the last lot ends, or why it does not pass.
    pub fn left_text(&self, ends_at: &DateTime<Utc>, frame: &Frame) -> String {
        match self.line.state {
            SaleState::Paused => self.state_text(frame),
            _ if *ends_at <= frame.now => frame.t("state-closing"),
            _ => frame.countdown(ends_at),
        }
    }

    /// When the last lot ends, of a sale that has not opened yet.
    pub fn ends_later(&self, frame: &Frame) -> Option<DateTime<Utc>> {
        self.opens_ahead(frame).map(|_| self.line.last_closes_at.utc())
    }

    /// When it ended; none of a sale that was cancelled.
    pub fn ended_text(&self, frame: &Frame) -> Option<String> {
        let is_closed = self.line.state == SaleState::Closed;
        is_closed.then(|| frame.words.t1("sale-ended-at", "at", when(&self.line.last_closes_at.utc(), frame)))
    }

    /// An opening or an end as people say it: without the year, and without seconds where there are none.
    pub fn when(&self, at: &DateTime<Utc>, frame: &Frame) -> String {
        when(at, frame)
    }

    /// The label of what it has raised; none where nothing can be, or was.
    pub fn raised_label(&self, frame: &Frame) -> Option<String> {
        match self.line.state {
            SaleState::Open | SaleState::Paused => Some(frame.t("raised-so-far")),
            _ if self.total == 0 => None,
            _ => Some(frame.t("label-raised")),
        }
    }

    /// Whether the page says how to take part: to everyone on the first page, to guests on the catalogue.
    pub fn says_how(&self, frame: &Frame) -> bool {
        match self.place {
            Place::First => !self.is_over(),
            Place::Catalogue => !self.is_over() && frame.viewer.is_none(),
            Place::Own => false,
        }
    }

    /// Where the third step, to pay and collect, leads.
    pub fn collect_url(&self, frame: &Frame) -> String {
        if self.has_pickup { format!("/sales/{}#about-title", self.line.code) } else { frame.collect_url() }
    }
}

fn when(at: &DateTime<Utc>, frame: &Frame) -> String {
    let time = frame.zone.time(*at);
    let time = time.strip_suffix(":00").unwrap_or(&time);
    let is_today = dates::same_day(&frame.zone, *at, frame.now);
    let day = frame.zone.field(*at);
    match (is_today, frame.words.lang, day.get(5..7), day.get(8..10)) {
        (false, Lang::Ko, Some(month), Some(day)) => {
            format!("{}월 {}일 {time}", month.trim_start_matches('0'), day.trim_start_matches('0'))
        }
        (false, ..) => frame.zone.short(*at),
        (true, ..) => time.to_owned(),
    }
}

/// The beginning of a text: as many whole sentences as fit, or the words of the first one; `None` of an empty text.
pub fn in_sentences(text: &str) -> Option<String> {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut cut = None;
    for (at, (byte, letter)) in words.char_indices().enumerate() {
        let end = byte + letter.len_utf8();
        let is_end = match letter {
            '.' | '!' | '?' | '…' => words[end..].is_empty() || words[end..].starts_with(' '),
            '。' | '！' | '？' => true,
            _ => false,
        };
        if at >= MAX_CAUSE {
            break;
        }
        if is_end {
            cut = Some(end);
        }
    }
    if words.chars().count() <= MAX_CAUSE {
        return Some(words).filter(|words| !words.is_empty());
    }
    if let Some(end) = cut {
        return Some(words[..end].to_owned());
    }
    let start: String = words.chars().take(MAX_CAUSE - 1).collect();
    let whole = start.rsplit_once(' ').map_or(start.as_str(), |(whole, _)| whole);
    Some(format!("{whole}…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_whole_sentences_or_the_words_that_fit() {
        let long = "word ".repeat(60);
        for (text, cause) in [
            ("", None),
            ("  \n ", None),
            ("For the library.\nAll of it.", Some("For the library. All of it.".to_owned())),
            (&format!("For the library. {long}."), Some("For the library.".to_owned())),
            (
                &format!("Since 1.5 million {long}"),
                Some(format!("Since 1.5 million {}…", "word ".repeat(24).trim())),
            ),
            (&format!("도서관을 위한 경매입니다. {long}"), Some("도서관을 위한 경매입니다.".to_owned())),
            (&"가".repeat(200), Some(format!("{}…", "가".repeat(139)))),
        ] {
            assert_eq!(in_sentences(text), cause, "{text}");
        }
    }
}
