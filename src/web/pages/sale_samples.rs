//! Made-up pages of sales for tests, beside [`samples`](super::samples).

use crate::house::sales::view::{SaleLine, SaleView};
use crate::rules::sale::SaleState;
use crate::rules::time::Time;
use crate::store::sale_figures::SaleChange;
use crate::web::pages::parts::frame::Frame;
use crate::web::pages::parts::mine::Mine;
use crate::web::pages::sale::mine::{MinePage, MineRow};
use crate::web::pages::sale::view::{Group, Head, LotRow, SalePage, SectionLink};
use crate::web::pages::sales::view::{SaleRow, Sales};
use crate::web::pages::samples::lot;
use chrono::{DateTime, TimeDelta, Utc};

pub fn sales(frame: Frame, name: &str) -> Sales {
    let now = frame.now;
    let row = |state, n_open| SaleRow {
        code: "spring".to_string(),
        name: name.to_string(),
        state,
        opens_at: Some(now + TimeDelta::hours(1)),
        closes_at: now + TimeDelta::hours(2),
        last_closes_at: now + TimeDelta::hours(3),
        n_lots: 24,
        n_open,
    };
    Sales {
        sales: vec![row(SaleState::Upcoming, 24), row(SaleState::Open, 1), row(SaleState::Closed, 0)],
        frame,
    }
}

fn sale_head(name: &str, now: DateTime<Utc>) -> Head {
    let at = Time(now.timestamp_millis());
    let line = SaleLine {
        code: "spring".to_string(),
        name: name.to_string(),
        opens_at: Some(at.plus_s(3_600)),
        closes_at: at.plus_s(7_200),
        last_closes_at: at.plus_s(7_260),
        n_lots: 2,
        n_open: 2,
        state: SaleState::Upcoming,
    };
    let postponed = SaleChange {
        kind: "postponement".to_string(),
        at,
        by_s: Some(600),
        who: "cli".to_string(),
        why: Some(name.to_string()),
        n_lots: 1,
        section: Some(name.to_string()),
    };
    let (sections, description, pickup) = (vec![name.to_string()], name.to_string(), name.to_string());
    Head {
        sale: SaleView { line, description, pickup, sections, total: 0 },
        why: Some(name.to_string()),
        pause: None,
        changes: vec![postponed],
        next: vec![lot(7, name, now)],
    }
}

pub fn sale(frame: Frame, name: &str) -> SalePage {
    let row = |mine| LotRow { card: lot(7, name, frame.now), mine };
    let link = |nth| SectionLink { href: format!("#section-{nth}"), name: name.to_string(), n_lots: 1 };
    SalePage {
        head: sale_head(name, frame.now),
        sections: vec![link(0), link(1)],
        groups: vec![
            Group { nth: None, title: None, rows: vec![row(Some(Mine::Leading))] },
            Group { nth: Some(0), title: Some(name.to_string()), rows: vec![row(None)] },
        ],
        n_own: 2,
        n_leading: 1,
        n_outbid: 1,
        before: None,
        after: Some("/sales/spring?after=1000".to_string()),
        jump: name.to_string(),
        frame,
    }
}

pub fn mine(frame: Frame, name: &str) -> MinePage {
    let row = MineRow { card: lot(7, name, frame.now), mine: Mine::Outbid, said: name.to_string() };
    MinePage { head: sale_head(name, frame.now), rows: vec![row], frame }
}
