//! Pictures, the logo, and the files that pages load. Browsers cache what has a name made from its content.

use crate::store::logo::LogoForm;
use crate::web::app::App;
use crate::web::assets::{self, ASK_AGAIN, KEEP_FOR_EVER};
use crate::web::branding::{self, GeneratedFile};
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

/// Serves a picture of the logo; `file` is its form and its hash. Refuses `not_found` for any other.
pub fn logo(app: &App, request: &Request, file: &str) -> Outcome<Reply> {
    let (form, hash) = branding::logo_file(file).ok_or_else(|| Problem::not_found("picture"))?;
    logo_reply(app, request, form, hash, KEEP_FOR_EVER)
}

fn logo_reply(app: &App, request: &Request, form: LogoForm, hash: &str, cache: &str) -> Outcome<Reply> {
    let etag = format!("\"{}-{hash}\"", form.name());
    let png = app.house.logo(form, hash)?.ok_or_else(|| Problem::not_found("picture"))?;
    let reply = if request.has(&[&etag]) { Reply::empty(304) } else { Reply::new(200, "image/png", png) };
    Ok(reply.with("ETag", etag).with("Cache-Control", cache))
}

/// Serves the icon of browsers that ask for it by themselves: the logo's, or the drawn one.
pub fn favicon(app: &App, request: &Request) -> Outcome<Reply> {
    match &app.current().branding.logo {
        Some(logo) => logo_reply(app, request, LogoForm::Icon32, logo.hash(), ASK_AGAIN),
        None => asset(app, request),
    }
}

/// Serves a file that is made from the settings, if the path is one's.
fn generated(app: &App, request: &Request) -> Option<Reply> {
    let manifest = &app.current().branding.manifest;
    let (file, cache, kind): (GeneratedFile, _, _) = match &*request.path {
        "/assets/app.webmanifest" => (manifest.clone(), ASK_AGAIN, "application/manifest+json"),
        path if path == manifest.url => (manifest.clone(), KEEP_FOR_EVER, "application/manifest+json"),
        path => (branding::accent_of(path)?, KEEP_FOR_EVER, "text/css; charset=utf-8"),
    };
    let unchanged = request.has(&[&file.etag]);
    let reply = if unchanged { Reply::empty(304) } else { Reply::new(200, kind, file.text) };
    Some(reply.with("ETag", file.etag).with("Cache-Control", cache))
}

/// Serves a file of the pages, in the best coding that the browser takes. Refuses `not_found` for an unknown path.
pub fn asset(app: &App, request: &Request) -> Outcome<Reply> {
    if let Some(reply) = generated(app, request) {
        return Ok(reply);
    }
    let (asset, cache) = assets::find(&request.path).ok_or_else(|| Problem::not_found("file"))?;
    // Each coding is another body with its own tag; a browser that has any of them has the file.
    let named = |coding: &str| format!("{}-{coding}\"", asset.etag.trim_end_matches('"'));
    let (etag, coding, body) = match (request.takes_brotli, request.takes_gzip) {
        // A picture is compressed already.
        _ if asset.content_type == "image/png" => (asset.etag.clone(), None, asset.body),
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
