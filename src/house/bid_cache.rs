//! A cache of the newest bids of the listings that people look at. A placed bid never changes, so a page reads only the
//! bids placed since the last look. After somebody was renamed, all are read again.

use crate::rules::listing::ListingId;
use crate::store::Snapshot;
use crate::store::bids::StoredBid;
use anyhow::Result;
use quick_cache::sync::Cache;
use std::sync::Arc;

/// The most bids of one listing that are cached and shown on its page.
pub const MAX_HISTORY: usize = 500;
/// The most listings whose bids are cached, about 150 KiB each.
const MAX_LISTINGS: usize = 64;

/// Bids of one listing, newest first.
pub type History = Arc<Vec<Arc<StoredBid>>>;

/// The newest bids of up to [`MAX_LISTINGS`] listings.
#[derive(Clone)]
pub(in crate::house) struct BidCache(Arc<Cache<ListingId, Known>>);

/// A history, and how many renames its snapshot had counted.
type Known = (u64, History);

impl Default for BidCache {
    fn default() -> BidCache {
        BidCache(Arc::new(Cache::new(MAX_LISTINGS)))
    }
}

impl BidCache {
    /// Returns the newest bids of a listing that has `n_bids` in this snapshot.
    pub fn newest(&self, snapshot: &Snapshot<'_>, id: ListingId, n_bids: i64) -> Result<History> {
        let n_renames = snapshot.n_renames();
        let cached = self.0.get(&id).filter(|(known, _)| *known == n_renames).map(|(_, cached)| cached);
        let cached_to = cached.as_deref().map_or(0, |cached| newest(cached));
        match cached {
            Some(cached) if cached_to == n_bids => return Ok(cached),
            // This snapshot is older than the cached bids: answer from it, but do not cache it.
            Some(_) if cached_to > n_bids => return read(snapshot, id, n_bids, &[]),
            _ => {}
        }
        let history = read(snapshot, id, n_bids, cached.as_deref().map_or(&[], Vec::as_slice))?;
        if n_bids > 0 {
            // This may replace a newer entry that another snapshot has cached meanwhile: the next look then reads a few
            // bids again.
            self.0.insert(id, (n_renames, history.clone()));
        }
        Ok(history)
    }
}

fn newest(history: &[Arc<StoredBid>]) -> i64 {
    history.first().map_or(0, |bid| bid.seq)
}

/// Reads the bids after the newest of `known`, up to bid `n_bids`, and puts them before `known`.
fn read(snapshot: &Snapshot<'_>, id: ListingId, n_bids: i64, known: &[Arc<StoredBid>]) -> Result<History> {
    let n_new = usize::try_from(n_bids - newest(known)).unwrap_or(0).min(MAX_HISTORY);
    let new = snapshot.bids_before(id, n_bids + 1, i64::try_from(n_new).unwrap_or(0))?;
    let older = known.iter().take(MAX_HISTORY - n_new).cloned();
    Ok(Arc::new(new.into_iter().map(Arc::new).chain(older).collect()))
}
