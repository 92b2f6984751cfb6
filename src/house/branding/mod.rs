//! The logo of the house, in the forms in which pages, mails and browsers show it.

mod forms;

use crate::house::listings::pictures::decode::upright;
use crate::house::listings::pictures::{MAX_PICTURE_BYTES, kinds};
use crate::house::settings::logo::Logo;
use crate::house::settings::{LOGO, Settings};
use crate::house::{Answer, House};
use crate::rules::hash::hex;
use crate::rules::refusal::{FieldFault, Refusal};
use crate::store::log::LogLine;
use crate::store::logo::LogoForm;
use anyhow::Result;
use forms::Drawn;
use image::ImageFormat;
use serde_json::json;
use sha2::{Digest, Sha256};

const KINDS: &str = "A logo is a PNG, JPEG or WebP. Export it as a PNG, 512 pixels wide or more.";
const AN_SVG: &str = "A logo is a PNG, JPEG or WebP; this file is an SVG, which can hold scripts. Export it as a PNG, 512 \
                      pixels wide or more.";
const TOO_LARGE: &str = "A logo can have at most 10 MiB.";
const TOO_SMALL: &str = "A logo has at least 16 pixels a side.";
const TOO_LONG: &str =
    "A logo is at most 10 times as wide as it is high, and at most twice as high as it is wide.";
/// The longer side to which a logo is reduced before it is drawn in its forms.
const SIDE_PX: u16 = 1_600;
const LEAST_PX: u32 = 16;
const MOST_WIDE: u32 = 10;
const MOST_HIGH: u32 = 2;

impl House {
    /// Stores the logo in every form in which it is shown, in the place of the one before. Refuses `invalid` (`logo`)
    /// for a file that is no PNG, JPEG or WebP, is broken, too large or too small, or much longer than it is wide.
    pub fn set_logo(&self, file: &[u8]) -> Answer<Logo> {
        let drawn = draw(file)?;
        let pictures: Vec<(LogoForm, Vec<u8>)> =
            LogoForm::ALL.into_iter().map(|form| Ok((form, drawn.png(form)?))).collect::<Result<_>>()?;
        let mut hash = Sha256::new();
        pictures.iter().for_each(|(_, png)| hash.update(png));
        let (width, height) = drawn.banner_size();
        let logo = Logo { hash: hex(&hash.finalize()[..6]), width, height };
        self.write(move |tx| {
            for (form, png) in &pictures {
                tx.put_logo(*form, png)?;
            }
            tx.put_setting(LOGO, &logo.stored())?;
            let detail = json!({"hash": logo.hash, "width": logo.width, "height": logo.height});
            tx.log(&LogLine { what: "house.logo", detail: Some(detail), ..LogLine::default() })?;
            Ok(logo)
        })
    }

    /// Removes the logo: the drawn paddle stands in its place again. Returns whether there was one.
    pub fn remove_logo(&self) -> Answer<bool> {
        self.write(|tx| {
            let had_one = tx.remove_logo()?;
            if had_one {
                tx.put_setting(LOGO, "")?;
                let detail = Some(json!({"hash": null}));
                tx.log(&LogLine { what: "house.logo", detail, ..LogLine::default() })?;
            }
            Ok(had_one)
        })
    }

    /// The logo as a PNG, if the house has one whose pictures have this hash.
    pub fn logo(&self, form: LogoForm, hash: &str) -> Result<Option<Vec<u8>>> {
        self.read(|snapshot| {
            let stored = Settings::of(snapshot)?.logo;
            match stored.filter(|logo| logo.hash == hash) {
                Some(_) => snapshot.logo(form),
                None => Ok(None),
            }
        })
    }
}

/// The same refusal, of the logo.
fn of_logo(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Invalid(faults) => {
            Refusal::Invalid(faults.into_iter().map(|fault| FieldFault::new("logo", fault.words)).collect())
        }
        other => other,
    }
}

/// Decodes a logo, and chooses what it stands on.
fn draw(file: &[u8]) -> Answer<Drawn> {
    if file.len() > MAX_PICTURE_BYTES {
        return Err(Refusal::invalid("logo", TOO_LARGE).into());
    }
    if !matches!(image::guess_format(file), Ok(ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) {
        return Err(Refusal::invalid("logo", if kinds::is_svg(file) { AN_SVG } else { KINDS }).into());
    }
    let (picture, _held) = upright(file, SIDE_PX).map_err(of_logo)?;
    let (width, height) = (picture.width(), picture.height());
    if width.min(height) < LEAST_PX {
        return Err(Refusal::invalid("logo", TOO_SMALL).into());
    }
    if width > MOST_WIDE * height || height > MOST_HIGH * width {
        return Err(Refusal::invalid("logo", TOO_LONG).into());
    }
    Ok(Drawn::of(&picture))
}
