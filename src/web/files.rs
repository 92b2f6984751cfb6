//! Pictures, and the files that pages load. Browsers cache what has a name made from its content.

use crate::web::app::App;
use crate::web::assets::{self, KEEP_FOR_EVER};
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Serves a stored picture; `file` is its name, the hash of its content. Refuses `not_found` for any other.
pub fn picture(app: &App, request: &Request, file: &str) -> Outcome<Reply> {
    let etag = format!("\"{file}\"");
    if request.has(&[&etag]) {
        return Ok(Reply::empty(304).with("ETag", etag).with("Cache-Control", KEEP_FOR_EVER));
    }
    let bytes = app.house.picture(file)?.ok_or_else(|| Problem::not_found("picture"))?;
    Ok(Reply::new(200, "image/jpeg", bytes).with("ETag", etag).with("Cache-Control", KEEP_FOR_EVER))
}

/// Serves a file of the pages, in the best coding that the browser takes. Refuses `not_found` for an unknown path.
pub fn asset(_: &App, request: &Request) -> Outcome<Reply> {
    let (asset, cache) = assets::find(&request.path).ok_or_else(|| Problem::not_found("file"))?;
    // Each coding is another body with its own tag; a browser that has any of them has the file.
    let named = |coding: &str| format!("{}-{coding}\"", asset.etag.trim_end_matches('"'));
    let (etag, coding, body) = match (request.takes_brotli, request.takes_gzip) {
        (true, _) => (named("br"), Some("br"), asset.brotli()),
        (false, true) => (named("gzip"), Some("gzip"), &*asset.gzipped),
        (false, false) => (asset.etag.clone(), None, asset.body),
    };
    let unchanged = request.has(&[&asset.etag, &named("br"), &named("gzip")]);
    let reply = match (unchanged, coding) {
        (true, _) => Reply::empty(304),
        (false, Some(coding)) => Reply::fixed(asset.content_type, body).with("Content-Encoding", coding),
        (false, None) => Reply::fixed(asset.content_type, body),
    };
    Ok(reply.with("ETag", etag).with("Vary", "Accept-Encoding").with("Cache-Control", cache))
}
