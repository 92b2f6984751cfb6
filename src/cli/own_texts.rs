//! `auction house terms` and `auction house page`: the texts that the house itself writes.

use super::out::Out;
use super::{Common, Ran, finish};
use crate::house::people::terms::TermsView;
use crate::rules::refusal::Refusal;
use crate::rules::terms::MAX_BYTES;
use crate::store::own_pages::OwnPage;
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Publish the terms from a Markdown file, or print the newest version
#[derive(Args)]
#[command(after_help = "\
Each change is a new version, and no version is ever changed. Whoever has not accepted the newest one cannot bid. The
text that is published already stays the version that it is. A version is known by the SHA-256 of its text: UTF-8 without
a byte order mark, with LF line ends. Of such a file, `sha256sum FILE` prints the same.

Examples:
  auction house terms terms.md
  auction house terms > terms.md")]
pub struct Terms {
    /// A Markdown file, in UTF-8; up to 200,000 characters
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print this version instead of the newest
    #[arg(long, value_name = "N", conflicts_with = "file")]
    version: Option<i64>,
}

/// Write a page of the house from a Markdown file, print it, or remove it
#[derive(Args)]
#[command(after_help = "\
The page is at /about, /contact, /payment, /pickup or /privacy, and the foot of every page leads to it. Bills and won items
show the first paragraph of payment and of pickup; mails about them lead there.

Examples:
  auction house page payment payment.md
  auction house page pickup > pickup.md
  auction house page about --remove")]
pub struct Page {
    /// Which page
    #[arg(value_enum)]
    page: Name,
    /// A Markdown file, in UTF-8; up to 200,000 characters. An empty file removes the page
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Remove the page
    #[arg(long, conflicts_with = "file")]
    remove: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Name {
    /// About the house
    About,
    /// How to reach it
    Contact,
    /// What it does with people's data
    Privacy,
    /// How to pay: account, cash, cards
    Payment,
    /// Where and when to collect; a sale's own pickup goes before it
    Pickup,
}

impl Name {
    fn page(self) -> OwnPage {
        match self {
            Name::About => OwnPage::About,
            Name::Contact => OwnPage::Contact,
            Name::Privacy => OwnPage::Privacy,
            Name::Payment => OwnPage::Payment,
            Name::Pickup => OwnPage::Pickup,
        }
    }
}

impl Terms {
    pub fn run(&self, common: &Common, out: &Out) -> Ran {
        let Some(file) = &self.file else {
            return finish(common.open()?.terms(self.version), |terms| {
                out.data(&json!({"version": terms.version, "hash": terms.hash, "at": terms.at}), || {
                    terms.text.trim_end_matches('\n').to_owned()
                })
            });
        };
        let text = read(file)?;
        finish(common.make()?.publish_terms(&text), |(terms, is_new)| {
            let TermsView { version, hash, at, .. } = &terms;
            out.done(&json!({"version": version, "hash": hash, "at": at}), || match is_new {
                true => format!("version {version} of the terms is published: {hash}"),
                false => format!("version {version} of the terms is published already: {hash}"),
            })
        })
    }
}

impl Page {
    pub fn run(&self, common: &Common, out: &Out) -> Ran {
        let page = self.page.page();
        let name = page.name();
        let text = self.file.as_deref().map(read).transpose()?;
        let done = |words: &'static str| {
            out.done(&json!({"page": name, "done": words}), || format!("{name} {words}"))
        };
        match text {
            None if !self.remove => finish(common.open()?.own_page(page), |(text, at)| {
                let printed = text.trim_end_matches('\n').to_owned();
                out.data(&json!({"page": name, "at": at, "text": text}), || printed)
            }),
            Some(text) if !is_empty(&text) => finish(common.make()?.put_own_page(page, &text), |is_new| {
                done(if is_new { "is written" } else { "is written so already" })
            }),
            _ => finish(common.open()?.remove_own_page(page), |was_there| {
                done(if was_there { "is removed" } else { "is not there" })
            }),
        }
    }
}

fn is_empty(text: &[u8]) -> bool {
    text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text).iter().all(u8::is_ascii_whitespace)
}

fn read(path: &Path) -> Result<Vec<u8>, super::Stop> {
    let doing = || format!("read {}", path.display());
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(doing)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).with_context(doing)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Refusal::invalid("file", "The text is too long: at most 200000 characters.").into());
    }
    Ok(bytes)
}
