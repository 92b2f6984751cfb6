//! The log of what staff changed, for an admin.

use crate::house::{Answer, House};
use crate::rules::listing::ListingId;
use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use crate::store::log::{LogOf, WrittenLine};

/// The most lines that are read at once.
pub const MAX_LINES: i64 = 100_000;

impl House {
    /// The newest `limit` lines of the log from `since` on, the oldest first; those about `of` alone, if it is given: the
    /// id of a listing in digits, the email address of a person, or the code of a sale. Refuses `not_found`.
    pub fn log(&self, of: Option<&str>, since: Time, limit: i64) -> Answer<Vec<WrittenLine>> {
        let of = of.map_or(Ok(LogOf::Everything), |of| self.log_of(of))?;
        let mut lines = self.read(|snapshot| snapshot.log(of, since, limit.min(MAX_LINES)))?;
        lines.reverse();
        Ok(lines)
    }

    fn log_of(&self, of: &str) -> Answer<LogOf> {
        if of.contains('@') {
            return Ok(LogOf::Account(self.account_by_email(of)?.id));
        }
        if let Ok(id) = of.parse() {
            let listing = self.read(|snapshot| snapshot.listing(ListingId(id)))?;
            return Ok(LogOf::Listing(listing.ok_or(Refusal::NotFound("listing"))?.id));
        }
        let sale = self.read(|snapshot| snapshot.sale(of))?;
        Ok(LogOf::Sale(sale.ok_or(Refusal::NotFound("sale"))?.id))
    }
}
