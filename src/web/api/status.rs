//! The server's time, the document of the API, and whether the server is healthy.

use crate::house::care::doctor::Readiness;
use crate::web::app::App;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;
use anyhow::Context;
use serde_json::{Value, json};

/// Shows the server's time.
pub fn time(app: &App, _: &Request) -> Outcome<Reply> {
    let now = app.house.now();
    Reply::json(200, &json!({"now": now, "unix_ms": now.0}))
}

/// Shows the document of the API, with the base path as its server.
pub fn openapi(_: &App, request: &Request) -> Outcome<Reply> {
    const DOCUMENT: &[u8] = include_bytes!("../openapi.json");
    if request.base.is_empty() {
        return Ok(Reply::fixed("application/json", DOCUMENT));
    }
    let mut document: Value = serde_json::from_slice(DOCUMENT).context("read the API's document")?;
    document["servers"] = json!([{"url": &*request.base}]);
    Reply::json(200, &document)
}

/// Answers that the process runs, and no more.
pub fn health(_: &App, _: &Request) -> Outcome<Reply> {
    Reply::json(200, &json!({"status": "ok"}))
}

/// Says whether the database can be read, whether the scheduler keeps the deadlines, whether the clock has jumped, and how the
/// journal of a house on several machines is.
/// The status is 503 unless all is well.
pub fn ready(app: &App, _: &Request) -> Outcome<Reply> {
    let Readiness { ready, database, scheduler, clock, since, proven_at, last_at, journal } =
        app.house.readiness();
    let status = if ready { 200 } else { 503 };
    let word = if ready { "ready" } else { "not_ready" };
    let mut body = json!({
        "status": word, "database": database, "scheduler": scheduler, "clock": clock,
        "since": since, "proven_at": proven_at, "last_at": last_at,
    });
    if let Some(journal) = journal {
        body["journal"] = json!(journal);
    }
    Reply::json(status, &body)
}
