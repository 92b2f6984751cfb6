//! Limits the bytes of bodies that are held at one time, for all clients together.

/// A body up to this size is small: a bid, a form.
const SMALL_BYTES: usize = 64 * 1024;

pub(super) struct Budget {
    limit: usize,
    held: usize,
}

impl Budget {
    pub fn new(limit: usize) -> Budget {
        Budget { limit, held: 0 }
    }

    /// Takes `more` bytes for a body that holds `already`; returns false if there is no room. The last quarter is kept
    /// for small bodies, so that pictures cannot keep bids out.
    pub fn take(&mut self, already: usize, more: usize) -> bool {
        let limit = if already + more <= SMALL_BYTES { self.limit } else { self.limit / 4 * 3 };
        let fits = self.held + more <= limit;
        if fits {
            self.held += more;
        }
        fits
    }

    pub fn give_back(&mut self, bytes: usize) {
        self.held -= bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;

    #[test]
    fn pictures_leave_room_for_bids() {
        let mut budget = Budget::new(4_000_000);
        assert!(budget.take(0, 3_000_000));
        assert!(!budget.take(3_000_000, 1));
        assert!(budget.take(0, 300));
        budget.give_back(3_000_000);
        assert!(budget.take(100_000, 1));
    }
}
