//! What a search costs, in steps of SQLite's machine: nearly the same in a house a hundred times as large.

use super::recorder::Recorder;
use super::search::{Cursor, Filter, Search, Sort, StateFilter};
use super::{Snapshot, migrate, search_index};
use crate::rules::time::Time;
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const NOW: Time = Time(1_000_000);

/// Open listings, and a tenth as many that were sold; every second one is a bicycle, and one has a name of its own.
fn house(n: i64) -> Connection {
    let conn = migrate::model().unwrap();
    conn.execute_batch(&format!(
        "insert into purse (id) values (1);
         insert into account (id, email, name, state, created_at) values (1, 'a@example.org', 'Ann', 'active', 1);
         with recursive c(n) as (select 1 union all select n + 1 from c where n < {n} * 11 / 10)
         insert into listing (id, seller_id, title, description, opening, reserve_salt, first_closes_at, premium_bps,
           commission_bps, category, created_at)
         select n, 1, 'Lamp ' || n, case when n = 7 then 'onyx' when n % 2 = 0 then '중고 자전거' else 'plain' end,
           100 + n % 97, zeroblob(16), 2000000 + n * 7 % 1001, 0, 0, 'Shelf ' || (n % 24), 1 from c;
         insert into standing (listing_id, seller_id, closes_at, head, opening, n_bids, state)
         select id, 1, first_closes_at, zeroblob(32), opening, id % 5, iif(id <= {n}, 'open', 'sold') from listing;"
    ))
    .unwrap();
    search_index::fill(&Recorder::silent(&conn)).unwrap();
    conn
}

fn n_steps(conn: &mut Connection, f: impl FnOnce(&Snapshot<'_>)) -> u64 {
    let steps = Arc::new(AtomicU64::new(0));
    let counted = steps.clone();
    let count = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        false
    };
    conn.progress_handler(1, Some(count)).unwrap();
    f(&Snapshot::of(conn));
    conn.progress_handler(0, None::<fn() -> bool>).unwrap();
    steps.load(Ordering::Relaxed)
}

fn search(state: StateFilter, sort: Sort, text: &str) -> Search {
    let text = Some(text.to_owned()).filter(|text| !text.is_empty());
    Search { state, sort, text, number_in_any_state: true, filter: Filter::default(), after: None, limit: 51 }
}

#[test]
fn a_search_costs_no_more_in_a_large_house() {
    let (mut small, mut large) = (house(200), house(20_000));
    let mut searches: Vec<Search> = [Sort::ClosesAt, Sort::Newest, Sort::Price, Sort::PriceDesc, Sort::Bids]
        .into_iter()
        .flat_map(|sort| {
            let texts = ["", "lamp", "자전", "자", "onyx", "#150", "전거 lamp", "nothing"];
            let open = texts.map(|text| search(StateFilter::Open, sort, text));
            open.into_iter()
                .chain([search(StateFilter::All, sort, ""), search(StateFilter::All, sort, "lamp")])
        })
        .collect();
    searches.push(search(StateFilter::Closing, Sort::ClosesAt, ""));
    searches.push(search(StateFilter::Sold, Sort::Newest, ""));
    for (text, sort) in [("", Sort::ClosesAt), ("lamp", Sort::ClosesAt)] {
        let filter = Filter { category: Some("shelf 3".into()), no_bids: false, ..Filter::default() };
        searches.push(Search { filter, limit: 8, ..search(StateFilter::Open, sort, text) });
    }
    for search in &searches {
        let steps = [&mut small, &mut large]
            .map(|conn| n_steps(conn, |snapshot| drop(snapshot.search(search, NOW).unwrap())));
        // Of a number there are more in the larger house, each of which is looked at.
        let most = if search.text.as_deref() == Some("#150") { 10_000 } else { 3 * steps[0] + 1_000 };
        assert!(steps[1] <= most, "{search:?}: {steps:?}");
    }
    let categories = [&mut small, &mut large].map(|conn| {
        n_steps(conn, |snapshot| assert_eq!(snapshot.open_categories(NOW, 24).unwrap().len(), 24))
    });
    assert!(categories[1] <= 2 * categories[0], "{categories:?}");
    // The last page costs what the first does.
    for sort in [Sort::ClosesAt, Sort::Newest, Sort::Price, Sort::PriceDesc, Sort::Bids] {
        let key = match sort {
            Sort::ClosesAt => 2_001_000,
            Sort::Price => 196,
            Sort::Newest | Sort::PriceDesc => -100,
            Sort::Bids | Sort::Lot => 0,
        };
        let id = if matches!(sort, Sort::ClosesAt | Sort::Price) { 19_000 } else { 1_000 };
        let last = Search { after: Some(Cursor { key, id }), ..search(StateFilter::Open, sort, "") };
        let steps = n_steps(&mut large, |snapshot| drop(snapshot.search(&last, NOW).unwrap()));
        assert!(steps < 4_000, "{sort:?}: {steps}");
    }
}

/// A house of 2,000 listings with a sale of `n` lots in two sections, before it opens; every fifth lot is paused.
fn house_with_sale(n: i64) -> Connection {
    let conn = house(2_000);
    conn.execute_batch(&format!(
        "insert into sale (id, code, name, description, pickup, opens_at, closes_at, every_s, premium_bps,
           commission_bps, state, created_at, published_at)
         values (1, 'autumn', 'Autumn', '', '', 1500000, 2000000, 1, 0, 0, 'published', 1, 1);
         insert into listing (id, seller_id, title, description, opening, reserve_salt, first_closes_at, premium_bps,
           commission_bps, category, created_at)
         with recursive c(n) as (select 0 union all select n + 1 from c where n < {n} - 1)
         select 100000 + n, 1, 'Lot ' || n, 'plain', 100 + n % 97, zeroblob(16), 2000000 + n, 0, 0, 'Shelf 1', 1 from c;
         insert into standing (listing_id, seller_id, closes_at, head, opening, sale_id, opens_at, paused_at)
         select id, 1, first_closes_at, zeroblob(32), opening, 1, 1500000, iif(id % 5 = 0, 900000, null)
         from listing where id >= 100000;
         insert into lot (sale_id, nth, code, folded, section, listing_id)
         select 1, id - 100000, id, id, iif(id - 100000 < {n} / 2, 'first', 'second'), id from listing
         where id >= 100000;"
    ))
    .unwrap();
    search_index::fill(&Recorder::silent(&conn)).unwrap();
    conn
}

fn lots(state: StateFilter, section: Option<&str>, after: Option<i64>) -> Search {
    let filter =
        Filter { sale: Some("autumn".into()), section: section.map(str::to_owned), ..Filter::default() };
    let after = after.map(|nth| Cursor { key: nth, id: 100_000 + nth });
    Search { filter, after, limit: 11, ..search(state, Sort::Lot, "") }
}

#[test]
fn a_page_of_a_sale_costs_no_more_in_a_large_sale_and_the_last_no_more_than_the_first() {
    let sizes = [200, 10_000];
    let mut houses = sizes.map(house_with_sale);
    let mut steps_of = |at: usize, search: &Search| {
        n_steps(&mut houses[at], |snapshot| assert!(!snapshot.search(search, NOW).unwrap().is_empty()))
    };
    for state in [StateFilter::All, StateFilter::Upcoming, StateFilter::Paused] {
        for (section, is_last) in
            [(None, false), (None, true), (Some("second"), false), (Some("second"), true)]
        {
            let steps =
                [0, 1].map(|at| steps_of(at, &lots(state, section, is_last.then_some(sizes[at] - 60))));
            assert!(steps[1] <= 2 * steps[0] + 200, "{state:?} {section:?} {is_last}: {steps:?}");
        }
    }
    let by_close = Search { sort: Sort::ClosesAt, ..lots(StateFilter::All, None, None) };
    let steps = [0, 1].map(|at| steps_of(at, &by_close));
    assert!(steps[1] <= 2 * steps[0] + 200, "{steps:?}");
    // The lots that take no bids yet stand between the listings that do.
    let open = search(StateFilter::Open, Sort::ClosesAt, "");
    let steps = [0, 1].map(|at| steps_of(at, &open));
    assert!(steps[1] <= steps[0] + 15_000, "{steps:?}");
}

#[test]
fn only_what_takes_bids_now_is_counted_as_open() {
    let conn = house_with_sale(200);
    let snapshot = Snapshot::of(&conn);
    let count = |now: Time| {
        let counts = snapshot.open_categories(now, 24).unwrap();
        let n = counts.iter().find(|(name, _)| name == "Shelf 1").map_or(0, |(_, n)| *n);
        let filter = Filter { category: Some("Shelf 1".into()), ..Filter::default() };
        let all = Search { filter, limit: 1_000, ..search(StateFilter::Open, Sort::Newest, "") };
        assert_eq!(usize::try_from(n).unwrap(), snapshot.search(&all, now).unwrap().len(), "{now:?}");
        n
    };
    let before = count(NOW);
    assert_eq!(count(Time(1_499_999)), before);
    assert_eq!(count(Time(1_500_000)), before + 160, "40 are paused");
    assert!(count(Time(2_000_100)) < before + 160);
}

#[test]
fn a_state_is_searched_as_it_reads() {
    let mut conn = house_with_sale(200);
    let found = |conn: &mut Connection, state, now: i64| {
        let all = Search { limit: 500, ..lots(state, None, None) };
        Snapshot::of(conn).search(&all, Time(now)).unwrap().len()
    };
    for (now, expected) in [
        (1_499_999, [160, 0, 40, 0]),
        (1_500_000, [0, 160, 40, 0]),
        // The first hundred have closed, twenty of which were paused before.
        (2_000_099, [0, 80, 40, 80]),
    ] {
        let states = [StateFilter::Upcoming, StateFilter::Open, StateFilter::Paused, StateFilter::Closing];
        assert_eq!(states.map(|state| found(&mut conn, state, now)), expected, "{now}");
        assert_eq!(found(&mut conn, StateFilter::All, now), 200);
    }
    let elsewhere = Search {
        filter: Filter { sale: Some("nowhere".into()), ..Filter::default() },
        ..search(StateFilter::All, Sort::Lot, "")
    };
    assert!(Snapshot::of(&conn).search(&elsewhere, NOW).unwrap().is_empty());
    // Without a sale, the lots of all sales, in any order.
    for sort in [Sort::ClosesAt, Sort::Newest, Sort::Price, Sort::PriceDesc, Sort::Bids] {
        for (state, n) in [(StateFilter::Upcoming, 160), (StateFilter::Paused, 40)] {
            let all = Search { limit: 500, ..search(state, sort, "") };
            assert_eq!(Snapshot::of(&conn).search(&all, NOW).unwrap().len(), n, "{state:?} {sort:?}");
        }
    }
}

#[test]
fn categories_of_an_older_house_become_one() {
    let conn = house(3);
    for (id, name) in [(1, "Cafe\u{301}"), (2, "CAFE"), (3, "Café")] {
        conn.execute("update listing set category = ?2 where id = ?1", (id, name)).unwrap();
    }
    search_index::fill(&Recorder::silent(&conn)).unwrap();
    let snapshot = Snapshot::of(&conn);
    assert_eq!(snapshot.open_categories(NOW, 9).unwrap(), [("Cafe\u{301}".to_owned(), 3)]);
    assert_eq!(snapshot.search_fault().unwrap(), None);
}

#[test]
fn a_category_of_which_all_closes_have_passed_takes_no_place_of_another() {
    let conn = house(2);
    conn.execute("update standing set closes_at = 0 where listing_id = 1", []).unwrap();
    let open = Snapshot::of(&conn).open_categories(NOW, 1).unwrap();
    assert_eq!(open, [("Shelf 2".to_owned(), 1)]);
}
