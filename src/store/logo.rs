//! The pictures of the house's logo, a PNG for each use.

use super::named::named;
use super::{Snapshot, Tx};
use anyhow::{Context, Result};
use rusqlite::{OptionalExtension, named_params};

pub const FILE: &str = include_str!("../../sql/logo.sql");
const LOGO: &str = named(FILE, "logo");
const PUT_LOGO: &str = named(FILE, "put_logo");
const REMOVE_LOGO: &str = named(FILE, "remove_logo");

/// What a picture of the logo is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoForm {
    /// In the head of pages and mails: as wide as the logo is.
    Banner,
    /// A square icon, by its side in pixels: of a tab,
    Icon32,
    /// of an iPhone's home screen,
    Icon180,
    /// of an installed app.
    Icon192,
    Icon512,
}

impl LogoForm {
    pub const ALL: [LogoForm; 5] =
        [LogoForm::Banner, LogoForm::Icon32, LogoForm::Icon180, LogoForm::Icon192, LogoForm::Icon512];

    pub fn name(self) -> &'static str {
        match self {
            LogoForm::Banner => "banner",
            LogoForm::Icon32 => "icon_32",
            LogoForm::Icon180 => "icon_180",
            LogoForm::Icon192 => "icon_192",
            LogoForm::Icon512 => "icon_512",
        }
    }

    pub fn of(name: &str) -> Option<LogoForm> {
        LogoForm::ALL.into_iter().find(|form| form.name() == name)
    }

    /// The side of a square icon, in pixels; none for the banner.
    pub fn side_px(self) -> Option<u32> {
        match self {
            LogoForm::Banner => None,
            LogoForm::Icon32 => Some(32),
            LogoForm::Icon180 => Some(180),
            LogoForm::Icon192 => Some(192),
            LogoForm::Icon512 => Some(512),
        }
    }
}

impl Snapshot<'_> {
    /// The picture in this form; none without a logo.
    pub fn logo(&self, form: LogoForm) -> Result<Option<Vec<u8>>> {
        let mut statement = self.statement(LOGO)?;
        let png = statement.query_row(named_params! {":form": form.name()}, |row| row.get(0)).optional();
        png.context("read the logo")
    }
}

impl Tx<'_> {
    pub fn put_logo(&self, form: LogoForm, png: &[u8]) -> Result<()> {
        self.execute(PUT_LOGO, named_params! {":form": form.name(), ":png": png}).context("keep the logo")?;
        Ok(())
    }

    /// Removes the logo in every form. Returns whether there was one.
    pub fn remove_logo(&self) -> Result<bool> {
        Ok(self.execute(REMOVE_LOGO, named_params! {}).context("remove the logo")? > 0)
    }
}
