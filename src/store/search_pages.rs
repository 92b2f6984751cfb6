//! The search: a page of the listings that it finds. Its cost does not grow with the house: either a few listings are
//! looked at, or an index is walked in the order of the page until the page is full.

use super::composed::composed;
use super::named::named;
use super::search::{Cursor, Search, Sort, StateFilter};
use super::search_index::FILE;
use super::{Snapshot, folding, search_index};
use crate::rules::listing::ListingId;
use crate::rules::sale::{MAX_LOTS, SaleId};
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{OptionalExtension, Statement, ToSql, named_params};

const FOUND_BY_PARTS: &str = named(FILE, "found_by_parts");
const FOUND_BY_CATEGORY: &str = named(FILE, "found_by_category");
const FOUND_BY_CLOSES_AT: &str = named(FILE, "found_by_closes_at");
const FOUND_BY_ASKED: &str = named(FILE, "found_by_asked");
const FOUND_BY_BIDS: &str = named(FILE, "found_by_bids");
const FOUND_BY_WATCHING: &str = named(FILE, "found_by_watching");
const FOUND_BY_TAKING_PART: &str = named(FILE, "found_by_taking_part");
const FOUND_BY_SALE: &str = named(FILE, "found_by_sale");
const FOUND_BY_OPENING: &str = named(FILE, "found_by_opening");
const FOUND_BY_PAUSE: &str = named(FILE, "found_by_pause");
const SALE_OF_CODE: &str = named(FILE, "sale_of_code");
const PICKED: &str = composed!(FILE, "picked");
const TEXT: &str = named(FILE, "text");
const WALK_BY_CLOSES_AT: &str = composed!(FILE, "walk_by_closes_at");
const WALK_CATEGORY: &str = composed!(FILE, "walk_category");
const WALK_SALE: &str = composed!(FILE, "walk_sale");
const WALK_LOTS: &str = composed!(FILE, "walk_lots");
const WALK_SECTION: &str = composed!(FILE, "walk_section");
const WALK_BY_NEWEST: &str = composed!(FILE, "walk_by_newest");
const WALK_BY_PRICE: &str = composed!(FILE, "walk_by_price");
const WALK_BY_PRICE_DESC: &str = composed!(FILE, "walk_by_price_desc");
const WALK_BY_BIDS: &str = composed!(FILE, "walk_by_bids");

/// If a condition holds for at most so many listings, they are looked at one by one. If for more, an index is walked
/// in the order of the page: among 100,000 it then fills the page in as many steps.
const FEW: usize = 2_000;

const STATES: [&str; 4] = ["open", "sold", "unsold", "cancelled"];

/// A search in the terms of the statements.
struct Query<'a> {
    search: &'a Search,
    /// One, or all.
    states: &'static [&'static str],
    words: Vec<String>,
    /// Closes after it, and by then.
    closes: (i64, i64),
    /// Opens after it, and by then; 0 for what opens with its publication.
    opens: (i64, i64),
    is_paused: Option<bool>,
    asked: (i64, i64),
    n_bids: i64,
    category_id: Option<i64>,
    sale_id: Option<SaleId>,
    /// The listing found by its number already; 0 for none.
    except: i64,
}

impl Snapshot<'_> {
    /// A page of listings, each with its place; the next page begins after the last place. The listing whose number is
    /// searched comes first.
    pub fn search(&self, search: &Search, now: Time) -> Result<Vec<(ListingId, Cursor)>> {
        let found = self.search_by_number(search, now)?;
        let Some(mut query) = self.query(search, now)? else { return Ok(Vec::new()) };
        query.except = found.map_or(0, |id| id.0);
        let mut places = match self.few(&query)? {
            Some(ids) => self.pick(&query, &ids)?,
            None => self.walk(&query)?,
        };
        if search.after.is_none() {
            places.splice(0..0, found.map(|id| (id, Cursor::FIRST)));
        }
        Ok(places)
    }

    fn search_by_number(&self, search: &Search, now: Time) -> Result<Option<ListingId>> {
        let Some(number) = search.text.as_deref().and_then(folding::number) else { return Ok(None) };
        let state = if search.number_in_any_state { StateFilter::All } else { search.state };
        let alone = Search { state, text: None, after: None, limit: 1, ..search.clone() };
        let among = search.filter.among.as_ref();
        if among.is_some_and(|among| !among.contains(&ListingId(number))) {
            return Ok(None);
        }
        let Some(query) = self.query(&alone, now)? else { return Ok(None) };
        Ok(self.pick(&query, &[number])?.first().map(|(id, _)| *id))
    }

    /// None if there is no such category or sale, or nothing of the text is left to search (marks without letters).
    fn query<'a>(&self, search: &'a Search, now: Time) -> Result<Option<Query<'a>>> {
        let filter = &search.filter;
        let category_id = filter.category.as_deref().map(|name| self.category_id(name)).transpose()?;
        if category_id == Some(None) {
            return Ok(None);
        }
        let sale_id = filter.sale.as_deref().map(|code| self.sale_id(code)).transpose()?;
        if sale_id == Some(None) {
            return Ok(None);
        }
        use StateFilter::{Closing, Open, Paused, Upcoming};
        let states = match search.state {
            Upcoming | Open | Paused | Closing => &STATES[..1],
            StateFilter::Sold => &STATES[1..2],
            StateFilter::Unsold => &STATES[2..3],
            StateFilter::Cancelled => &STATES[3..],
            StateFilter::All => &STATES,
        };
        let words = search.text.as_deref().map(folding::words);
        if words.as_ref().is_some_and(Vec::is_empty) {
            return Ok(None);
        }
        let until = filter.until.map_or(i64::MAX, |until| until.0);
        let closes = match search.state {
            Open => (now.0, until),
            Closing => (i64::MIN, until.min(now.0)),
            _ => (i64::MIN, until),
        };
        let opens = match search.state {
            Open => (i64::MIN, now.0),
            Upcoming => (now.0, i64::MAX),
            _ => (i64::MIN, i64::MAX),
        };
        let is_paused = match search.state {
            Upcoming | Open | Closing => Some(false),
            Paused => Some(true),
            _ => None,
        };
        Ok(Some(Query {
            search,
            states,
            words: words.unwrap_or_default(),
            closes,
            opens,
            is_paused,
            asked: (filter.price_from.unwrap_or(0), filter.price_to.unwrap_or(i64::MAX)),
            n_bids: if filter.no_bids { 0 } else { i64::MAX },
            category_id: category_id.flatten(),
            sale_id: sale_id.flatten(),
            except: 0,
        }))
    }

    /// The sale with this code. A draft's lots are no listings yet.
    fn sale_id(&self, code: &str) -> Result<Option<SaleId>> {
        let mut statement = self.statement(SALE_OF_CODE)?;
        let id = statement.query_row(named_params! {":code": code}, |row| row.get(0)).optional();
        id.context("read the sale that is searched")
    }

    /// All listings that meet one of the conditions, if they are few.
    fn few(&self, query: &Query<'_>) -> Result<Option<Vec<i64>>> {
        if query.search.sort == Sort::Lot {
            return Ok(None);
        }
        if let Some(among) = &query.search.filter.among {
            return Ok(Some(among.iter().map(|id| id.0).collect()));
        }
        for (sql, most) in query.narrowing() {
            let mut statement = self.statement(sql)?;
            let question = search_index::question(&query.words);
            let limit = i64::try_from(most + 1).context("few")?;
            query.bind(&mut statement, query.only_state(), &[(":parts", &question), (":limit", &limit)])?;
            let ids = statement.raw_query().mapped(|row| row.get(0)).collect::<rusqlite::Result<Vec<i64>>>();
            let ids = ids.context("search the listings")?;
            if ids.len() <= most {
                return Ok(Some(ids));
            }
        }
        Ok(None)
    }

    /// The page from among these.
    fn pick(&self, query: &Query<'_>, ids: &[i64]) -> Result<Vec<(ListingId, Cursor)>> {
        let sort = query.search.sort;
        let mut statement = self.statement(PICKED)?;
        let ids = serde_json::to_string(ids).context("write the listings that are looked at")?;
        query.bind(&mut statement, query.only_state(), &[(":ids", &ids)])?;
        let places = statement.raw_query().mapped(|row| {
            let id = row.get(0)?;
            let key = match sort {
                Sort::ClosesAt => row.get(1)?,
                Sort::Newest => id,
                Sort::Price | Sort::PriceDesc => row.get(2)?,
                Sort::Bids => row.get(3)?,
                // Walked, but for a listing found by its number, which comes first.
                Sort::Lot => 0,
            };
            Ok(sort.place(key, id))
        });
        let mut places = places.collect::<rusqlite::Result<Vec<Cursor>>>().context("search the listings")?;
        if let Some(after) = query.search.after {
            places.retain(|place| sort.rank(*place) > sort.rank(after));
        }
        places.sort_by_key(|place| sort.rank(*place));
        places.dedup();
        let mut found = Vec::new();
        for place in places {
            if found.len() == query.limit()? {
                break;
            }
            if query.words.is_empty() || self.has_words(place.id, query)? {
                found.push((ListingId(place.id), place));
            }
        }
        Ok(found)
    }

    fn has_words(&self, id: i64, query: &Query<'_>) -> Result<bool> {
        let mut statement = self.statement(TEXT)?;
        let has = statement
            .query_row(named_params! {":listing_id": id}, |row| Ok(query.is_in(row.get_ref(0)?.as_str()?)));
        Ok(has.optional().with_context(|| format!("listing {id}: read its words"))?.unwrap_or(false))
    }

    /// The page, from the index of its order.
    fn walk(&self, query: &Query<'_>) -> Result<Vec<(ListingId, Cursor)>> {
        let (sort, limit) = (query.search.sort, query.limit()?);
        let (after_key, after_id) = query.after();
        let has_words = !query.words.is_empty();
        let mut found: Vec<(ListingId, Cursor)> = Vec::new();
        let states: Vec<Option<&str>> = match sort {
            // The order of a sale goes through its states.
            Sort::Lot => vec![query.only_state()],
            _ => query.states.iter().copied().map(Some).collect(),
        };
        for state in states {
            let n_before = found.len();
            let mut statement = self.statement(query.walked())?;
            let places: [(&str, &dyn ToSql); 3] =
                [(":after_key", &after_key), (":after_id", &after_id), (":has_words", &has_words)];
            query.bind(&mut statement, state, &places)?;
            let mut rows = statement.raw_query();
            while found.len() - n_before < limit
                && let Some(row) = rows.next().context("search the listings")?
            {
                let id = row.get(0)?;
                if query.is_among(id) && query.is_in(row.get_ref(2)?.as_str()?) {
                    found.push((ListingId(id), sort.place(row.get(1)?, id)));
                }
            }
        }
        found.sort_by_key(|(_, place)| sort.rank(*place));
        found.truncate(limit);
        Ok(found)
    }
}

impl Query<'_> {
    /// The statements that may find few listings, each with how many are few; without the one that the order itself
    /// narrows by.
    fn narrowing(&self) -> impl Iterator<Item = (&'static str, usize)> {
        let (filter, sort) = (&self.search.filter, self.search.sort);
        let has_state = self.only_state().is_some();
        let by_price = matches!(sort, Sort::Price | Sort::PriceDesc);
        [
            (FOUND_BY_PARTS, FEW, !self.words.is_empty()),
            (FOUND_BY_WATCHING, FEW, filter.watched_by.is_some()),
            (FOUND_BY_TAKING_PART, FEW, filter.mine.is_some()),
            (FOUND_BY_CATEGORY, FEW, self.category_id.is_some() && sort != Sort::ClosesAt),
            (FOUND_BY_CLOSES_AT, FEW, has_state && self.closes.1 < i64::MAX && sort != Sort::ClosesAt),
            (FOUND_BY_ASKED, FEW, has_state && self.asked != (0, i64::MAX) && !by_price),
            (FOUND_BY_BIDS, FEW, has_state && filter.no_bids && sort != Sort::Bids),
            (FOUND_BY_SALE, MAX_LOTS, self.sale_id.is_some() && sort != Sort::ClosesAt),
            (FOUND_BY_OPENING, MAX_LOTS, self.search.state == StateFilter::Upcoming),
            (FOUND_BY_PAUSE, MAX_LOTS, self.search.state == StateFilter::Paused),
        ]
        .into_iter()
        .filter_map(|(sql, most, narrows)| narrows.then_some((sql, most)))
    }

    fn walked(&self) -> &'static str {
        match self.search.sort {
            Sort::Lot if self.search.filter.section.is_some() => WALK_SECTION,
            Sort::Lot => WALK_LOTS,
            Sort::ClosesAt if self.sale_id.is_some() => WALK_SALE,
            Sort::ClosesAt if self.category_id.is_some() => WALK_CATEGORY,
            Sort::ClosesAt => WALK_BY_CLOSES_AT,
            Sort::Newest => WALK_BY_NEWEST,
            Sort::Price => WALK_BY_PRICE,
            Sort::PriceDesc => WALK_BY_PRICE_DESC,
            Sort::Bids => WALK_BY_BIDS,
        }
    }

    /// Key and id after which the walk begins (before which, in a falling order): the end of the page before, or the
    /// first place that the conditions allow.
    fn after(&self) -> (i64, i64) {
        let sort = self.search.sort;
        let first = match sort {
            Sort::ClosesAt => (self.closes.0, i64::MAX),
            Sort::Newest => (i64::MAX, i64::MAX),
            Sort::Price => (self.asked.0, i64::MIN),
            Sort::PriceDesc => (self.asked.1, i64::MAX),
            Sort::Bids => (self.n_bids, i64::MAX),
            Sort::Lot => (-1, i64::MAX),
        };
        match self.search.after {
            None => first,
            Some(after) if sort.falls() => first.min((after.key.saturating_neg(), after.id)),
            Some(after) => first.max((after.key, after.id)),
        }
    }

    fn only_state(&self) -> Option<&'static str> {
        if let [state] = self.states { Some(*state) } else { None }
    }

    fn limit(&self) -> Result<usize> {
        usize::try_from(self.search.limit).context("a page has a positive limit")
    }

    fn is_among(&self, id: i64) -> bool {
        self.search.filter.among.as_ref().is_none_or(|among| among.contains(&ListingId(id)))
    }

    fn is_in(&self, folded: &str) -> bool {
        self.words.iter().all(|word| folded.contains(word.as_str()))
    }

    /// Gives a statement those of its parameters that it has.
    fn bind(
        &self,
        statement: &mut Statement<'_>,
        state: Option<&str>,
        more: &[(&str, &dyn ToSql)],
    ) -> Result<()> {
        let filter = &self.search.filter;
        let all: [(&str, &dyn ToSql); 15] = [
            (":state", &state),
            (":from", &self.closes.0),
            (":until", &self.closes.1),
            (":opens_from", &self.opens.0),
            (":opens_until", &self.opens.1),
            (":paused", &self.is_paused),
            (":price_from", &self.asked.0),
            (":price_to", &self.asked.1),
            (":n_bids", &self.n_bids),
            (":category_id", &self.category_id),
            (":sale_id", &self.sale_id),
            (":section", &filter.section),
            (":mine", &filter.mine),
            (":watched_by", &filter.watched_by),
            (":except", &self.except),
        ];
        for (name, value) in all.iter().chain(more) {
            if let Some(index) = statement.parameter_index(name)? {
                statement.raw_bind_parameter(index, value)?;
            }
        }
        Ok(())
    }
}
