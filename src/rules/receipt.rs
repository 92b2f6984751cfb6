//! A bidder's receipt: one line of text with a bid's number and hash and, for its owner, what opens its commitment.
//!
//! `auction-receipt:LISTING:SEQ:HASH`, and `:MAX:SALT` after it for the owner; then `:TERMSHASH` of a bid whose bidder had
//! accepted the terms of the house. Numbers in decimal, bytes in hexadecimal. The number of parts tells the forms apart.

use super::hash::{Hash, Salt, hex, unhex};
use super::listing::ListingId;
use super::money::Money;
use std::fmt;

const HEAD: &str = "auction-receipt";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub listing: ListingId,
    pub seq: i64,
    pub hash: Hash,
    /// The secret maximum and the salt that opens its commitment.
    pub secret: Option<(Money, Salt)>,
    /// The hash of the terms that the bidder had accepted; none in the receipts of a house without terms.
    pub terms: Option<Hash>,
}

impl Receipt {
    /// Reads a receipt as it was printed; white space around it is ignored.
    pub fn parse(text: &str) -> Option<Receipt> {
        let parts: Vec<&str> = text.trim().split(':').collect();
        let (listing, seq, hash, secret, terms) = match parts[..] {
            [HEAD, listing, seq, hash] => (listing, seq, hash, None, None),
            [HEAD, listing, seq, hash, terms] => (listing, seq, hash, None, Some(terms)),
            [HEAD, listing, seq, hash, max, salt] => (listing, seq, hash, Some((max, salt)), None),
            [HEAD, listing, seq, hash, max, salt, terms] => {
                (listing, seq, hash, Some((max, salt)), Some(terms))
            }
            _ => return None,
        };
        let secret = match secret {
            None => None,
            Some((max, salt)) => Some((whole(max)?, unhex(salt)?)),
        };
        let terms = match terms {
            None => None,
            Some(terms) => Some(unhex(terms)?),
        };
        Some(Receipt {
            listing: ListingId(whole(listing)?),
            seq: whole(seq)?,
            hash: unhex(hash)?,
            secret,
            terms,
        })
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{HEAD}:{}:{}:{}", self.listing, self.seq, hex(&self.hash))?;
        if let Some((max, salt)) = &self.secret {
            write!(f, ":{max}:{}", hex(salt))?;
        }
        match &self.terms {
            Some(terms) => write!(f, ":{}", hex(terms)),
            None => Ok(()),
        }
    }
}

/// A positive whole number in plain digits.
fn whole(text: &str) -> Option<i64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|number: &i64| plain && *number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_reads_as_it_was_written() {
        let public = Receipt { listing: ListingId(17), seq: 3, hash: [0xab; 32], secret: None, terms: None };
        let own = Receipt { secret: Some((20_000, [7; 16])), ..public };
        let with_terms = |receipt| Receipt { terms: Some([0xcd; 32]), ..receipt };
        for receipt in [public, own, with_terms(public), with_terms(own)] {
            assert_eq!(Receipt::parse(&format!(" {receipt}\n")), Some(receipt));
        }
        let text = own.to_string();
        assert!(
            text.starts_with("auction-receipt:17:3:abab")
                && text.ends_with(":20000:07070707070707070707070707070707")
        );
        assert_eq!(with_terms(own).to_string(), format!("{text}:{}", "cd".repeat(32)));
        assert_eq!(with_terms(public).to_string(), format!("{public}:{}", "cd".repeat(32)));
    }

    #[test]
    fn what_is_no_receipt_is_none() {
        let hash = "ab".repeat(32);
        let salt = "07".repeat(16);
        for bad in [
            String::new(),
            format!("receipt:17:3:{hash}"),
            format!("auction-receipt:17:3:{hash}:20000"),
            format!("auction-receipt:17:3:{hash}:20000:{salt}:"),
            format!("auction-receipt:17:3:{hash}:{}", &hash[2..]),
            format!("auction-receipt:17:3:{hash}:20000:{salt}:{salt}"),
            format!("auction-receipt:17:3:{hash}:20000:{salt}:{hash}:{hash}"),
            format!("auction-receipt:17:3:{hash}:-1:{salt}"),
            format!("auction-receipt:+17:3:{hash}"),
            format!("auction-receipt:0:3:{hash}"),
            format!("auction-receipt:17:3:{}", &hash[2..]),
            format!("auction-receipt:17:3:{}é", &hash[2..]),
        ] {
            assert_eq!(Receipt::parse(&bad), None, "{bad}");
        }
    }
}
