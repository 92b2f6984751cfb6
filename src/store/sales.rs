//! Sales, their lots, and the lots of drafts, which are no listings yet.

use super::composed::composed;
use super::named::named;
use super::values::{WordColumn, as_word};
use super::{Snapshot, Tx, first};
use crate::rules::listing::{AccountId, Draft, ListingId};
use crate::rules::sale::{LotId, SaleId, SaleTerms, SaleText, Stage, folded};
use crate::rules::soft_close::SoftClose;
use crate::rules::time::Time;
use anyhow::{Context, Result, ensure};
use rusqlite::{Row, named_params};

pub const FILE: &str = include_str!("../../sql/sales.sql");
const SALE: &str = composed!(FILE, "sale");
const SALE_BY_ID: &str = composed!(FILE, "sale_by_id");
const ALL_SALES: &str = composed!(FILE, "all_sales");
const PUBLISHED_SALES: &str = composed!(FILE, "published_sales");
const ADD_SALE: &str = named(FILE, "add_sale");
const SET_SALE_TEXT: &str = named(FILE, "set_sale_text");
const SET_SALE_TERMS: &str = named(FILE, "set_sale_terms");
const PUBLISH_SALE: &str = named(FILE, "publish_sale");
const CANCEL_SALE: &str = named(FILE, "cancel_sale");
const LOTS: &str = named(FILE, "lots");
const LOT_BY_CODE: &str = named(FILE, "lot_by_code");
const NEXT_NTH: &str = named(FILE, "next_nth");
const ADD_LOT: &str = named(FILE, "add_lot");
const ADD_DRAFT_LOT: &str = named(FILE, "add_draft_lot");
const ADD_DRAFT_PICTURE: &str = named(FILE, "add_draft_picture");
const DRAFT_LOTS: &str = named(FILE, "draft_lots");
const LIST_LOT: &str = named(FILE, "list_lot");
const DROP_DRAFT_PICTURES: &str = named(FILE, "drop_draft_pictures");
const DROP_DRAFT_LOT: &str = named(FILE, "drop_draft_lot");
const DROP_PICTURES_OF_DRAFT: &str = named(FILE, "drop_pictures_of_draft");
const DROP_LOTS_OF_DRAFT: &str = named(FILE, "drop_lots_of_draft");
const DROP_PLACES_OF_DRAFT: &str = named(FILE, "drop_places_of_draft");
const OPEN_LISTINGS: &str = named(FILE, "open_listings");
const CANCELLED_SALE_OF: &str = named(FILE, "cancelled_sale_of");
const NEIGHBOURS: &str = named(FILE, "neighbours");

const STAGE: WordColumn = WordColumn { table: "sale", name: "state" };

/// A sale as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    pub id: SaleId,
    pub code: String,
    pub text: SaleText,
    pub terms: SaleTerms,
    pub stage: Stage,
    /// Why it was cancelled.
    pub why: Option<String>,
    pub created_at: Time,
    pub published_at: Option<Time>,
}

/// A lot's place in a sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLot {
    pub id: LotId,
    /// From 0, in the order in which the lots were added.
    pub nth: i64,
    pub code: String,
    pub section: Option<String>,
    /// A close of its own, instead of the one that follows from its place.
    pub closes_at: Option<Time>,
    /// None while it is a draft.
    pub listing: Option<ListingId>,
}

/// A lot of a draft: what it becomes when its sale is published, without its close and soft close.
#[derive(Clone, Debug)]
pub struct DraftLot {
    pub lot: StoredLot,
    pub seller: AccountId,
    pub draft: Draft,
}

/// A lot to add.
#[derive(Clone, Debug)]
pub struct NewLot {
    pub code: String,
    pub section: Option<String>,
    pub closes_at: Option<Time>,
}

as_word!(Stage);

impl Stage {
    const ALL: [Stage; 3] = [Stage::Draft, Stage::Published, Stage::Cancelled];

    fn name(self) -> &'static str {
        match self {
            Stage::Draft => "draft",
            Stage::Published => "published",
            Stage::Cancelled => "cancelled",
        }
    }

    fn of(name: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

impl Snapshot<'_> {
    /// The sale with this code, drafts included.
    pub fn sale(&self, code: &str) -> Result<Option<Sale>> {
        self.row(SALE, named_params! {":code": code}, sale).with_context(|| format!("sale {code}: read"))
    }

    /// The sale with this id, drafts included.
    pub fn sale_by_id(&self, id: SaleId) -> Result<Option<Sale>> {
        self.row(SALE_BY_ID, named_params! {":id": id}, sale).context("read a sale")
    }

    /// All sales, drafts included; the one that closes last comes first.
    pub fn all_sales(&self) -> Result<Vec<Sale>> {
        self.rows(ALL_SALES, [], sale).context("read the sales")
    }

    /// Up to `limit` sales that were published, cancelled ones included; the one that closes last comes first.
    pub fn published_sales(&self, limit: i64) -> Result<Vec<Sale>> {
        self.rows(PUBLISHED_SALES, named_params! {":limit": limit}, sale).context("read the sales")
    }

    /// The lots of a sale, in its order.
    pub fn lots(&self, id: SaleId) -> Result<Vec<StoredLot>> {
        self.rows(LOTS, named_params! {":sale_id": id}, lot).context("read the lots of a sale")
    }

    /// The lots of a draft, in its order; none once it is published.
    pub fn draft_lots(&self, id: SaleId) -> Result<Vec<DraftLot>> {
        self.rows(DRAFT_LOTS, named_params! {":sale_id": id}, draft_lot).context("read the lots of a draft")
    }

    /// The lot with this code, compared without case.
    pub fn lot_by_code(&self, id: SaleId, code: &str) -> Result<Option<StoredLot>> {
        self.row(LOT_BY_CODE, named_params! {":sale_id": id, ":folded": folded(code)}, lot)
            .context("read a lot by its code")
    }

    /// The place of the next lot of a sale.
    pub fn next_nth(&self, id: SaleId) -> Result<i64> {
        self.the_row(NEXT_NTH, named_params! {":sale_id": id}, first).context("count the lots of a sale")
    }

    /// The open listings of a sale, or of one of its sections, in its order.
    pub fn open_listings_of(&self, id: SaleId, section: Option<&str>) -> Result<Vec<ListingId>> {
        self.rows(OPEN_LISTINGS, named_params! {":sale_id": id, ":section": section}, first)
            .context("read the open lots of a sale")
    }

    /// Why the sale of a listing was cancelled; none if it was not.
    pub fn cancelled_sale_of(&self, listing: ListingId) -> Result<Option<String>> {
        self.row(CANCELLED_SALE_OF, named_params! {":listing_id": listing}, first)
            .with_context(|| format!("listing {listing}: read whether its sale is cancelled"))
    }

    /// The listings before and after this one in its sale.
    pub fn neighbours(&self, listing: ListingId) -> Result<(Option<ListingId>, Option<ListingId>)> {
        let found = self
            .row(NEIGHBOURS, named_params! {":listing_id": listing}, |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(found.with_context(|| format!("listing {listing}: read its neighbours"))?.unwrap_or_default())
    }
}

impl Tx<'_> {
    /// Adds a draft, whose code nobody has used.
    pub fn add_sale(&self, code: &str, text: &SaleText, terms: &SaleTerms) -> Result<SaleId> {
        let soft = terms.soft_close;
        let parameters = named_params! {
            ":code": code, ":name": text.name, ":description": text.description, ":pickup": text.pickup,
            ":opens_at": terms.opens_at, ":closes_at": terms.closes_at, ":every_s": terms.every_s,
            ":premium_bps": terms.premium_bps, ":commission_bps": terms.commission_bps,
            ":window_s": soft.map(|s| s.window_s), ":extension_s": soft.map(|s| s.extension_s),
            ":cap_s": soft.map(|s| s.cap_s), ":created_at": self.now,
        };
        Ok(SaleId(self.insert(ADD_SALE, parameters).with_context(|| format!("sale {code}: add"))?))
    }

    pub fn set_sale_text(&self, id: SaleId, text: &SaleText) -> Result<()> {
        let parameters = named_params! {
            ":id": id, ":name": text.name, ":description": text.description, ":pickup": text.pickup,
        };
        self.execute(SET_SALE_TEXT, parameters).context("write the text of a sale")?;
        Ok(())
    }

    /// Writes the terms of a draft; the schema refuses it for a published sale.
    pub fn set_sale_terms(&self, id: SaleId, terms: &SaleTerms) -> Result<()> {
        let soft = terms.soft_close;
        let parameters = named_params! {
            ":id": id, ":opens_at": terms.opens_at, ":closes_at": terms.closes_at, ":every_s": terms.every_s,
            ":premium_bps": terms.premium_bps, ":commission_bps": terms.commission_bps,
            ":window_s": soft.map(|s| s.window_s), ":extension_s": soft.map(|s| s.extension_s),
            ":cap_s": soft.map(|s| s.cap_s),
        };
        self.execute(SET_SALE_TERMS, parameters).context("write the terms of a draft")?;
        Ok(())
    }

    /// Marks a draft as published at this transaction's `now`, and has people told of it later. Fails if it is none.
    pub fn publish_sale(&self, id: SaleId) -> Result<()> {
        let n = self.execute(PUBLISH_SALE, named_params! {":id": id, ":now": self.now});
        ensure!(n.context("publish a sale")? == 1, "the sale was no draft");
        self.plan_to_tell(id)
    }

    /// Marks a sale as cancelled. Fails if it is already.
    pub fn cancel_sale(&self, id: SaleId, why: &str) -> Result<()> {
        let n = self.execute(CANCEL_SALE, named_params! {":id": id, ":why": why});
        ensure!(n.context("cancel a sale")? == 1, "the sale was cancelled already");
        Ok(())
    }

    /// Adds a lot at the end of a sale. The schema refuses a code that the sale has already.
    pub fn add_lot(&self, sale: SaleId, nth: i64, lot: &NewLot) -> Result<LotId> {
        let parameters = named_params! {
            ":sale_id": sale, ":nth": nth, ":code": lot.code, ":folded": folded(&lot.code),
            ":section": lot.section, ":closes_at": lot.closes_at,
        };
        Ok(LotId(self.insert(ADD_LOT, parameters).with_context(|| format!("lot {}: add", lot.code))?))
    }

    /// Keeps what a lot of a draft becomes.
    pub fn add_draft_lot(&self, lot: LotId, seller: AccountId, draft: &Draft) -> Result<()> {
        let parameters = named_params! {
            ":lot_id": lot, ":seller_id": seller, ":title": draft.title, ":description": draft.description,
            ":opening": draft.opening, ":reserve": draft.reserve, ":buy_now": draft.buy_now,
            ":increment": draft.increment, ":category": draft.category,
        };
        self.execute(ADD_DRAFT_LOT, parameters).context("add a lot to a draft")?;
        for (nth, name) in (1_i64..).zip(&draft.pictures) {
            self.execute(ADD_DRAFT_PICTURE, named_params! {":lot_id": lot, ":nth": nth, ":name": name})
                .context("add a picture to a draft")?;
        }
        Ok(())
    }

    /// Removes all lots of a draft. The schema refuses it for lots that are listed.
    pub fn drop_draft(&self, id: SaleId) -> Result<()> {
        for statement in [DROP_PICTURES_OF_DRAFT, DROP_LOTS_OF_DRAFT, DROP_PLACES_OF_DRAFT] {
            self.execute(statement, named_params! {":sale_id": id}).context("drop the lots of a draft")?;
        }
        Ok(())
    }

    /// Makes a listing of a lot, whose draft is gone then. Fails if it is one already.
    pub fn list_lot(&self, lot: LotId, listing: ListingId) -> Result<()> {
        let n = self.execute(LIST_LOT, named_params! {":lot_id": lot, ":listing_id": listing});
        ensure!(n.context("list a lot")? == 1, "the lot was listed already");
        self.execute(DROP_DRAFT_PICTURES, named_params! {":lot_id": lot}).context("drop a draft")?;
        self.execute(DROP_DRAFT_LOT, named_params! {":lot_id": lot}).context("drop a draft")?;
        Ok(())
    }
}

pub(super) fn sale(row: &Row<'_>) -> Result<Sale> {
    let id: SaleId = row.get(0)?;
    let window_s: Option<i64> = row.get(10)?;
    let soft_close = match window_s {
        None => None,
        Some(window_s) => Some(SoftClose { window_s, extension_s: row.get(11)?, cap_s: row.get(12)? }),
    };
    Ok(Sale {
        id,
        code: row.get(1)?,
        text: SaleText { name: row.get(2)?, description: row.get(3)?, pickup: row.get(4)? },
        terms: SaleTerms {
            opens_at: row.get(5)?,
            closes_at: row.get(6)?,
            every_s: row.get(7)?,
            premium_bps: row.get(8)?,
            commission_bps: row.get(9)?,
            soft_close,
        },
        stage: STAGE.read(row, 13, id.0, Stage::of)?,
        why: row.get(14)?,
        created_at: row.get(15)?,
        published_at: row.get(16)?,
    })
}

fn lot(row: &Row<'_>) -> Result<StoredLot> {
    Ok(StoredLot {
        id: row.get(0)?,
        nth: row.get(1)?,
        code: row.get(2)?,
        section: row.get(3)?,
        closes_at: row.get(4)?,
        listing: row.get(5)?,
    })
}

fn draft_lot(row: &Row<'_>) -> Result<DraftLot> {
    let pictures = row.get_ref(14)?.as_str()?.split(',').filter(|name| !name.is_empty());
    let draft = Draft {
        title: row.get(7)?,
        description: row.get(8)?,
        opening: row.get(9)?,
        reserve: row.get(10)?,
        buy_now: row.get(11)?,
        increment: row.get(12)?,
        category: row.get(13)?,
        pictures: pictures.map(str::to_owned).collect(),
        ..Draft::default()
    };
    Ok(DraftLot { lot: lot(row)?, seller: row.get(6)?, draft })
}
