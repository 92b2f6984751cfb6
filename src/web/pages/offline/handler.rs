//! `/offline` and `/sw.js`.

use crate::rules::hash::hex;
use crate::web::app::App;
use crate::web::assets::{self, ASK_AGAIN};
use crate::web::pages::offline::view::Offline;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;
use anyhow::Context;
use askama::Template;
use sha2::{Digest, Sha256};

/// Where the script of the service worker has its version, and the style that it keeps.
const VERSION: &str = "{version}";
const STYLE: &str = "{style}";

/// Shows the page that browsers keep for when there is no connection.
pub fn show(app: &App, _: &Request) -> Outcome<Reply> {
    Reply::page(200, &page(app))
}

/// Serves the service worker. Its version is a hash of all that it keeps: a browser that finds another keeps everything
/// anew.
pub fn worker(app: &App, request: &Request) -> Outcome<Reply> {
    let (script, page) = (assets::WORKER_JS.as_str(), page(app));
    let html = page.render().context("write the page without a connection")?;
    let hash = Sha256::new().chain_update(script).chain_update(html).chain_update(&*request.base);
    let version = hex(&hash.finalize()[..6]);
    let etag = format!("\"{version}\"");
    if request.has(&[&etag]) {
        return Ok(Reply::empty(304).with("ETag", etag).with("Cache-Control", ASK_AGAIN));
    }
    let style = page.style();
    let script = script.replace(VERSION, &version).replace(STYLE, style.trim_start_matches('/'));
    let reply = Reply::new(200, "text/javascript; charset=utf-8", script.into_bytes());
    Ok(reply.with("ETag", etag).with("Cache-Control", ASK_AGAIN))
}

fn page(app: &App) -> Offline {
    Offline { house_name: app.settings().name.clone() }
}
