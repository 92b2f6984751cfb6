//! Soft close: a late bid moves the close, so that nobody wins by being last by a second.

use super::time::Time;
use serde::Serialize;

/// A listing's soft close, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SoftClose {
    pub window_s: i64,
    pub extension_s: i64,
    pub cap_s: i64,
}

impl SoftClose {
    /// The close after a bid at `now` that changed the price or the leader: at or after `closes_at` − window it moves
    /// to `now` + extension if that is later, never past `cap_from` + cap, and never back. `cap_from` is the first close,
    /// or the one that the last postponement or resume has set.
    pub fn extend(&self, closes_at: Time, cap_from: Time, now: Time) -> Time {
        if now < closes_at.plus_s(-self.window_s) {
            return closes_at;
        }
        let latest = cap_from.plus_s(self.cap_s);
        now.plus_s(self.extension_s).min(latest).max(closes_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: SoftClose = SoftClose { window_s: 60, extension_s: 120, cap_s: 300 };

    fn check(closes_at: i64, now: i64, expected: i64) {
        let at = |s: i64| Time(s * 1_000);
        assert_eq!(
            S.extend(at(closes_at), at(1_000), at(now)),
            at(expected),
            "close {closes_at}, bid at {now}"
        );
    }

    #[test]
    fn a_late_bid_extends_the_close_up_to_the_cap() {
        check(1_000, 939, 1_000);
        check(1_000, 940, 1_060);
        check(1_000, 999, 1_119);
        check(1_119, 1_118, 1_238);
        check(1_238, 1_237, 1_300);
        check(1_300, 1_299, 1_300);
    }
}
