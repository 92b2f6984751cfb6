//! The page without a connection: the name of the house and a sentence in each language. It is kept by browsers, so it
//! says nothing of anybody.

use crate::text::i18n::{Lang, Words};
use crate::web::assets;
use askama::Template;

/// The content of the page.
#[derive(Template)]
#[template(path = "offline/page.html", config = "src/web/askama.toml")]
pub struct Offline {
    pub house_name: String,
}

impl Offline {
    /// The languages, each with its words.
    fn languages(&self) -> [Words; 2] {
        [Lang::En, Lang::Ko].map(Words::new)
    }

    /// The style, under an address of its own: it is kept beside the page, and the style of all other pages is not.
    pub fn style(&self) -> String {
        format!("{}?offline", assets::url("app.css"))
    }
}
