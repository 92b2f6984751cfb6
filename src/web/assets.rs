//! The few files that pages load: style, script, icon. Each is part of the binary and served under a name that holds
//! its content's hash, so that browsers keep it for ever and a new release is seen at once.

use std::sync::{LazyLock, OnceLock};

use flate2::Compression;
use sha2::{Digest, Sha256};

use crate::rules::hash::hex;
use crate::web::compress::{brotli, gzip};

/// `Cache-Control` of a hashed name, whose content never changes.
pub const KEEP_FOR_EVER: &str = "public, max-age=31536000, immutable";
/// `Cache-Control` of a plain name: browsers ask again each time and are answered 304 by the ETag.
pub const ASK_AGAIN: &str = "no-cache";

#[derive(Debug)]
pub struct Asset {
    pub name: &'static str,
    /// `/assets/app.0123456789ab.css`
    pub url: String,
    pub content_type: &'static str,
    /// In quotes, as the header has it.
    pub etag: String,
    pub body: &'static [u8],
    /// The body compressed with gzip, once, when the first page is asked for.
    pub gzipped: Vec<u8>,
    /// The body compressed with brotli when it is first asked for: that needs a lot of memory for a moment.
    brotli: OnceLock<Vec<u8>>,
}

impl Asset {
    pub fn brotli(&self) -> &[u8] {
        self.brotli.get_or_init(|| brotli(self.body))
    }
}

/// The served `app.js`: the part that all tabs of a browser share, then the page's own part, which a shared worker
/// skips. Its files are one scope: each may call functions of all others, but `const`s that run at once come before
/// their use.
const SCRIPT: &str = concat!(
    include_str!("assets/stream.js"),
    "if (!isWorker) {\n",
    include_str!("assets/amounts.js"),
    include_str!("assets/app/page.js"),
    include_str!("assets/app/money.js"),
    include_str!("assets/app/amount_field.js"),
    include_str!("assets/app/clock.js"),
    include_str!("assets/app/sound.js"),
    include_str!("assets/app/listing.js"),
    include_str!("assets/app/history.js"),
    include_str!("assets/app/standing.js"),
    include_str!("assets/app/events.js"),
    include_str!("assets/app/board.js"),
    include_str!("assets/app/sale.js"),
    include_str!("assets/app/live.js"),
    include_str!("assets/app/own_bids.js"),
    include_str!("assets/app/person.js"),
    include_str!("assets/app/toast.js"),
    include_str!("assets/app/offers.js"),
    include_str!("assets/app/bid.js"),
    include_str!("assets/app/receipt.js"),
    include_str!("assets/app/bar.js"),
    include_str!("assets/app/gallery.js"),
    include_str!("assets/app/worker.js"),
    include_str!("assets/app/start.js"),
    "}\n"
);

/// The served `app.css`: the layers in their order, then what each kind of page adds.
const STYLE: &str = concat!(
    include_str!("assets/style/tokens.css"),
    include_str!("assets/style/base.css"),
    include_str!("assets/style/frame.css"),
    include_str!("assets/style/parts.css"),
    include_str!("assets/style/home.css"),
    include_str!("assets/style/sale.css"),
    include_str!("assets/style/listing.css"),
    include_str!("assets/style/pictures.css"),
    include_str!("assets/style/forms.css"),
    include_str!("assets/style/account.css"),
    include_str!("assets/style/toast.css"),
    include_str!("assets/style/states.css"),
);

/// The script of the desk's pages, which load nothing of `app.js`: a scope of its own, joined in the same way.
const DESK_SCRIPT: &str = concat!(
    include_str!("assets/amounts.js"),
    include_str!("assets/desk/page.js"),
    include_str!("assets/desk/scan.js"),
    include_str!("assets/desk/send.js"),
    include_str!("assets/desk/checkout.js"),
    include_str!("assets/desk/printing.js"),
    include_str!("assets/desk/checkin.js"),
    include_str!("assets/desk/bid.js"),
    include_str!("assets/desk/start.js"),
);

/// The script of the form to list an item, beside `app.js`: a scope of its own, joined in the same way.
const SELL_SCRIPT: &str = concat!(
    include_str!("assets/amounts.js"),
    include_str!("assets/app/page.js"),
    include_str!("assets/app/money.js"),
    include_str!("assets/sell/form.js"),
    include_str!("assets/sell/shrink.js"),
    include_str!("assets/sell/tiles.js"),
    include_str!("assets/sell/upload.js"),
    include_str!("assets/sell/draft.js"),
    include_str!("assets/sell/saved.js"),
    include_str!("assets/sell/publish.js"),
);

/// Removes the lines that are only a comment, a fifth of what phones would load, and what indents the others. A comment
/// has lines of its own, and no text spans lines.
fn without_comments(script: &str) -> String {
    let mut code = String::with_capacity(script.len());
    let mut is_comment = false;
    for line in script.lines() {
        let text = line.trim_start();
        is_comment |= text.starts_with("/*");
        if !is_comment && !text.is_empty() && !text.starts_with("//") {
            code.push_str(text);
            code.push('\n');
        }
        is_comment &= !text.ends_with("*/");
    }
    code
}

/// The same of a style, and without the spaces that it does not need: none of those in quotes.
fn compact(style: &str) -> String {
    const NARROW: [(&str, &str); 9] = [
        ("; }", "}"),
        (": ", ":"),
        (", ", ","),
        (" {", "{"),
        ("{ ", "{"),
        (";\n", ";"),
        (",\n", ","),
        ("{\n", "{"),
        ("}\n", "}"),
    ];
    let code = without_comments(style);
    let narrow = |part: &str| NARROW.iter().fold(part.to_owned(), |part, (from, to)| part.replace(from, to));
    let parts = code.split('"').enumerate();
    let parts = parts.map(|(i, part)| if i % 2 == 0 { narrow(part) } else { part.to_owned() });
    parts.collect::<Vec<_>>().join("\"")
}

/// The hashed URL of an asset that pages name. A test requests each.
pub fn url(name: &str) -> &'static str {
    let asset = ASSETS.iter().find(|asset| asset.name == name);
    &asset.expect("pages name only assets that exist").url
}

/// Returns the asset of a path and its `Cache-Control`. Hashed and plain names both work, and `/favicon.ico` is the
/// icon of a house without a logo.
pub fn find(path: &str) -> Option<(&'static Asset, &'static str)> {
    let path = if path == "/favicon.ico" { "/assets/icon.svg" } else { path };
    if let Some(asset) = ASSETS.iter().find(|asset| asset.url == path) {
        return Some((asset, KEEP_FOR_EVER));
    }
    let name = path.strip_prefix("/assets/")?;
    let asset = ASSETS.iter().find(|asset| asset.name == name)?;
    Some((asset, ASK_AGAIN))
}

static APP_CSS: LazyLock<String> = LazyLock::new(|| compact(STYLE));

static APP_JS: LazyLock<String> = LazyLock::new(|| without_comments(SCRIPT));

static SELL_JS: LazyLock<String> = LazyLock::new(|| without_comments(SELL_SCRIPT));

static DESK_JS: LazyLock<String> = LazyLock::new(|| without_comments(DESK_SCRIPT));

/// The script of the service worker, with places for its version and the style that it keeps.
pub static WORKER_JS: LazyLock<String> = LazyLock::new(|| without_comments(include_str!("assets/sw.js")));

static MOMENTS_JS: LazyLock<String> = LazyLock::new(|| without_comments(include_str!("assets/moments.js")));

static PUSH_JS: LazyLock<String> = LazyLock::new(|| without_comments(include_str!("assets/push.js")));

static ACCOUNT_JS: LazyLock<String> = LazyLock::new(|| without_comments(include_str!("assets/account.js")));

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    vec![
        asset("app.css", "text/css; charset=utf-8", APP_CSS.as_bytes()),
        asset("board.css", "text/css; charset=utf-8", include_bytes!("assets/board.css")),
        asset("app.js", "text/javascript; charset=utf-8", APP_JS.as_bytes()),
        asset("moments.js", "text/javascript; charset=utf-8", MOMENTS_JS.as_bytes()),
        asset("sell.css", "text/css; charset=utf-8", include_bytes!("assets/sell.css")),
        asset("sell.js", "text/javascript; charset=utf-8", SELL_JS.as_bytes()),
        asset("desk.css", "text/css; charset=utf-8", include_bytes!("assets/desk.css")),
        asset("desk_checkout.css", "text/css; charset=utf-8", include_bytes!("assets/desk_checkout.css")),
        asset("desk_receipt.css", "text/css; charset=utf-8", include_bytes!("assets/desk_receipt.css")),
        asset("desk.js", "text/javascript; charset=utf-8", DESK_JS.as_bytes()),
        asset("account.js", "text/javascript; charset=utf-8", ACCOUNT_JS.as_bytes()),
        asset("push.js", "text/javascript; charset=utf-8", PUSH_JS.as_bytes()),
        asset("manual.css", "text/css; charset=utf-8", include_bytes!("assets/manual.css")),
        asset("paper.css", "text/css; charset=utf-8", include_bytes!("assets/paper.css")),
        asset("proof.css", "text/css; charset=utf-8", include_bytes!("assets/proof.css")),
        asset("proof.js", "text/javascript; charset=utf-8", include_bytes!("assets/proof.js")),
        asset("sale_board.css", "text/css; charset=utf-8", include_bytes!("assets/sale_board.css")),
        asset("print.css", "text/css; charset=utf-8", include_bytes!("assets/print.css")),
        asset("print_a4.css", "text/css; charset=utf-8", include_bytes!("assets/print_a4.css")),
        asset("print_a5.css", "text/css; charset=utf-8", include_bytes!("assets/print_a5.css")),
        asset("print_62.css", "text/css; charset=utf-8", include_bytes!("assets/print_62.css")),
        asset("print_24.css", "text/css; charset=utf-8", include_bytes!("assets/print_24.css")),
        asset("icon.svg", "image/svg+xml", include_bytes!("assets/icon.svg")),
        asset("icon_180.png", "image/png", include_bytes!("assets/icon_180.png")),
        asset("icon_192.png", "image/png", include_bytes!("assets/icon_192.png")),
        asset("icon_512.png", "image/png", include_bytes!("assets/icon_512.png")),
    ]
});

fn asset(name: &'static str, content_type: &'static str, body: &'static [u8]) -> Asset {
    let hash = hex(&Sha256::digest(body)[..6]);
    let (stem, ending) = name.rsplit_once('.').expect("every asset has an ending");
    Asset {
        name,
        url: format!("/assets/{stem}.{hash}.{ending}"),
        content_type,
        etag: format!("\"{hash}\""),
        body,
        gzipped: gzip(body, Compression::best()),
        brotli: OnceLock::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_hashed_name_is_kept_for_ever_and_a_plain_one_asked_again() {
        for name in [
            "app.css",
            "board.css",
            "app.js",
            "proof.js",
            "sale_board.css",
            "print.css",
            "icon.svg",
            "icon_192.png",
        ] {
            let (asset, cache) = find(url(name)).unwrap();
            assert_eq!((asset.name, cache), (name, KEEP_FOR_EVER));
            assert_eq!(find(&format!("/assets/{name}")).unwrap().1, ASK_AGAIN);
        }
        assert_eq!(find("/favicon.ico").unwrap().0.name, "icon.svg");
    }

    #[test]
    fn nothing_else_is_served() {
        for path in ["/assets/", "/assets/app.000000000000.css", "/assets/../words.rs", "/", "app.css"] {
            assert!(find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn every_file_of_a_folder_is_joined_once() {
        for (folder, joined) in
            [("app", SCRIPT), ("desk", DESK_SCRIPT), ("sell", SELL_SCRIPT), ("style", STYLE)]
        {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/assets").join(folder);
            for file in std::fs::read_dir(folder).unwrap() {
                let path = file.unwrap().path();
                let source = std::fs::read_to_string(&path).unwrap();
                assert_eq!(joined.matches(&source).count(), 1, "{}", path.display());
            }
        }
    }

    /// The classes that a style sheet defines by themselves, each by a line like `.name {`.
    fn classes(style: &str) -> Vec<&str> {
        let selectors =
            style.lines().filter_map(|line| line.trim_start().strip_prefix('.')?.split_once(" {"));
        let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        selectors.map(|(name, _)| name).filter(is_name).collect()
    }

    #[test]
    fn no_class_of_a_page_s_own_style_is_one_of_every_page() {
        let shared = classes(STYLE);
        assert!(shared.contains(&"tile"));
        // The others stand alone, or only hide the frame of the page on paper.
        for name in ["board", "sale_board", "sell", "desk", "desk_checkout", "manual", "proof"] {
            let (asset, _) = find(&format!("/assets/{name}.css")).unwrap();
            let own = std::str::from_utf8(asset.body).unwrap();
            let twice: Vec<&str> = classes(own).into_iter().filter(|class| shared.contains(class)).collect();
            assert!(twice.is_empty(), "{name}.css and app.css: {twice:?}");
        }
    }

    #[test]
    fn only_lines_of_comments_are_removed() {
        let source = "// a\n/** b\n * c\n */\nlet x = `//`; // d\n  /* e */\n  y();\n";
        assert_eq!(without_comments(source), "let x = `//`; // d\ny();\n");
        assert!(APP_JS.trim_start().starts_with("const isWorker") && APP_JS.ends_with("}\n"));
    }

    #[test]
    fn a_style_loses_its_spaces_but_not_those_in_quotes() {
        let source = "/* a */\n.b, .c :is(d) { margin: 0 auto; content: \": { \"; }\n@media print {\n  a { x: y; }\n}\n";
        let narrow = ".b,.c :is(d){margin:0 auto; content:\": { \"}@media print{a{x:y}}";
        assert_eq!(compact(source), narrow);
    }

    #[test]
    fn the_first_load_stays_light() {
        // The scripts of the account, of pushes and of a board's moments, the styles of the manual, of the boards
        // and of paper, and both of a proof, of the desk and of the form to list an item are loaded by their own
        // pages alone; the icons in pixels, when the house is installed.
        let of_others = [
            "proof",
            "manual",
            "paper",
            "account.js",
            "push.js",
            "moments.js",
            "sell",
            "board.css",
            "sale_board.css",
            "print",
            "desk",
            "icon_",
        ];
        let is_first = |name: &str| !of_others.iter().any(|other| name.starts_with(other));
        let first = ASSETS.iter().filter(|asset| is_first(asset.name));
        let bytes: usize = first.map(|asset| asset.gzipped.len()).sum();
        assert!(bytes < 30 * 1024, "{bytes} bytes, and 10 KiB are left for the page");
    }
}
