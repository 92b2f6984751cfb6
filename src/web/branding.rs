//! What the pages show of the house: its logo, its colour, its welcome, and what browsers need to install it. Made from
//! the settings when they change, not for each page.

use crate::house::settings::Settings;
use crate::house::settings::accent::Accent;
use crate::house::settings::logo::Logo;
use crate::rules::colour::Colour;
use crate::rules::hash::hex;
use crate::store::logo::LogoForm;
use crate::web::assets;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The colours of the head of the pages, by day and at night, and of their ground, as `app.css` has them.
const HEAD: [&str; 2] = ["#12402f", "#07140e"];
const GROUND: &str = "#f5eedc";
/// The box that the logo fits in the head of a page, in pixels.
const IN_HEAD: (u32, u32) = (220, 44);
/// The most characters of a name below an icon.
const SHORT_NAME: usize = 12;

/// The look of one house.
#[derive(Clone, Debug)]
pub struct Branding {
    pub logo: Option<LogoLinks>,
    pub accent: Option<GeneratedFile>,
    pub manifest: GeneratedFile,
    pub welcome: Option<String>,
    /// The colour of the browser's own frame, by day and at night.
    pub theme: [String; 2],
    public_url: Option<String>,
}

/// The addresses of the logo, and the size at which the head of a page shows it.
#[derive(Clone, Debug)]
pub struct LogoLinks {
    hash: String,
    pub width: u32,
    pub height: u32,
}

/// A file that is made from the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedFile {
    /// With a hash of the content in its name.
    pub url: String,
    /// In quotes, as the header has it.
    pub etag: String,
    pub text: String,
}

impl Branding {
    pub fn of(settings: &Settings) -> Branding {
        let logo = settings.logo.as_ref().map(LogoLinks::of);
        let day = settings.accent.map_or(HEAD[0].to_owned(), |accent| accent.day.to_string());
        Branding {
            accent: settings.accent.as_ref().map(accent_sheet),
            manifest: manifest(&settings.name, &settings.language, &day, logo.as_ref()),
            welcome: settings.welcome.clone(),
            theme: [day, HEAD[1].to_owned()],
            public_url: settings.public_url().map(str::to_owned),
            logo,
        }
    }

    /// The whole address of a path of the house; none without `public_url`.
    pub fn absolute(&self, path: &str) -> Option<String> {
        self.public_url.as_ref().map(|house| format!("{house}{path}"))
    }

    /// The whole address of the picture that stands for the house.
    pub fn shared_icon(&self) -> Option<String> {
        self.absolute(&self.icon(LogoForm::Icon512))
    }

    /// The path of the icon on an iPhone's home screen.
    pub fn touch_icon(&self) -> String {
        self.icon(LogoForm::Icon180)
    }

    /// The path of an icon: of the logo, or drawn.
    fn icon(&self, form: LogoForm) -> String {
        icon(self.logo.as_ref(), form)
    }
}

impl Default for Branding {
    /// The look of a house without any of its own.
    fn default() -> Branding {
        Branding {
            logo: None,
            accent: None,
            manifest: manifest("Auction", "en", HEAD[0], None),
            welcome: None,
            theme: HEAD.map(str::to_owned),
            public_url: None,
        }
    }
}

impl LogoLinks {
    fn of(logo: &Logo) -> LogoLinks {
        let (width, height) = logo.within(IN_HEAD.0, IN_HEAD.1);
        LogoLinks { hash: logo.hash.clone(), width, height }
    }

    pub fn banner(&self) -> String {
        self.path(LogoForm::Banner)
    }

    /// The path of the icon of a tab.
    pub fn tab_icon(&self) -> String {
        self.path(LogoForm::Icon32)
    }

    /// The hash of the pictures, which stands in their names.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    fn path(&self, form: LogoForm) -> String {
        format!("/logo/{}.{}.png", form.name(), self.hash)
    }
}

/// Which picture of which logo a file is: `banner.0123456789ab.png`. None for any other name.
pub fn logo_file(file: &str) -> Option<(LogoForm, &str)> {
    let (form, rest) = file.split_once('.')?;
    Some((LogoForm::of(form)?, rest.strip_suffix(".png")?))
}

/// The style sheet of an address, `/assets/accent.1d4ed8.0123456789ab.css`; none for any other, and for a colour that
/// cannot be read. A page that was made before the colour changed still gets its own.
pub fn accent_of(path: &str) -> Option<GeneratedFile> {
    let digits = path.strip_prefix("/assets/accent.")?.split('.').next()?;
    let colour = Colour::parse(&format!("#{digits}"))?;
    let sheet = accent_sheet(&Accent::of(colour));
    (sheet.url == path).then_some(sheet)
}

/// Puts the accent in the place of the paddle's red and of the links' green. It stands in no layer, and so goes before
/// every value of `app.css`; paper stays black on white.
fn accent_sheet(accent: &Accent) -> GeneratedFile {
    let values = |colour: Colour| {
        let ink = colour.ink();
        format!(":root {{ --link: {colour}; --paddle: {colour}; --on-paddle: {ink}; --focus: {colour}; }}")
    };
    let text = format!(
        "@media screen {{\n{}\n.masthead .button {{ box-shadow: inset 0 0 0 1px var(--on-baize); }}\n}}\n\
         @media screen and (prefers-color-scheme: dark) {{\n{}\n}}\n",
        values(accent.day),
        values(accent.night),
    );
    let digits = accent.day.to_string();
    GeneratedFile::named(&format!("accent.{}", digits.trim_start_matches('#')), "css", text)
}

fn manifest(name: &str, language: &str, theme: &str, logo: Option<&LogoLinks>) -> GeneratedFile {
    // Paths beside the manifest: wherever the house lies, they lead into it.
    let beside = |path: String| match path.strip_prefix("/assets/") {
        Some(name) => name.to_owned(),
        None => format!("..{path}"),
    };
    let png = |form: LogoForm, purpose: &str| {
        let side = form.side_px().unwrap_or_default();
        let (src, sizes) = (beside(icon(logo, form)), format!("{side}x{side}"));
        json!({"src": src, "sizes": sizes, "type": "image/png", "purpose": purpose})
    };
    let mut icons = vec![png(LogoForm::Icon192, "any"), png(LogoForm::Icon512, "any")];
    if logo.is_none() {
        icons.push(png(LogoForm::Icon512, "maskable"));
        let src = beside(assets::url("icon.svg").to_owned());
        icons.push(json!({"src": src, "sizes": "any", "type": "image/svg+xml"}));
    }
    let text: Value = json!({
        "name": name,
        "short_name": short(name),
        "lang": language,
        "start_url": "../",
        "scope": "../",
        "display": "standalone",
        "background_color": GROUND,
        "theme_color": theme,
        "icons": icons,
    });
    GeneratedFile::named("app", "webmanifest", format!("{text:#}\n"))
}

fn icon(logo: Option<&LogoLinks>, form: LogoForm) -> String {
    match logo {
        Some(logo) => logo.path(form),
        None => assets::url(&format!("{}.png", form.name())).to_owned(),
    }
}

/// As many whole words of a name as fit below an icon, or its first letters.
fn short(name: &str) -> String {
    let mut kept = String::new();
    for word in name.split(' ') {
        let joined = if kept.is_empty() { word.to_owned() } else { format!("{kept} {word}") };
        if joined.chars().count() > SHORT_NAME {
            break;
        }
        kept = joined;
    }
    if kept.is_empty() { name.chars().take(SHORT_NAME).collect() } else { kept }
}

impl GeneratedFile {
    fn named(stem: &str, ending: &str, text: String) -> GeneratedFile {
        let hash = hex(&Sha256::digest(&text)[..6]);
        GeneratedFile { url: format!("/assets/{stem}.{hash}.{ending}"), etag: format!("\"{hash}\""), text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_is_made_of_whole_words_that_fit() {
        for (name, expected) in [
            ("Auction", "Auction"),
            ("Harbour School Charity Night", "Harbour"),
            ("St. Mary's Bazaar", "St. Mary's"),
            ("Kunstversteigerungshaus", "Kunstverstei"),
            ("한강 경매 하우스", "한강 경매 하우스"),
        ] {
            assert_eq!(short(name), expected, "{name}");
        }
    }

    #[test]
    fn a_style_sheet_is_served_for_its_own_address_alone() {
        let sheet = accent_sheet(&Accent::of(Colour::parse("#1d4ed8").unwrap()));
        assert_eq!(accent_of(&sheet.url).as_ref(), Some(&sheet));
        assert!(
            sheet.text.contains("--link: #1d4ed8; --paddle: #1d4ed8; --on-paddle: #ffffff"),
            "{}",
            sheet.text
        );
        let other = sheet.url.replace("1d4ed8", "1d4ed9");
        for path in [
            &*other,
            "/assets/accent.1d4ed8.css",
            "/assets/accent.ffcc00.0123456789ab.css",
            "/assets/app.css",
        ] {
            assert_eq!(accent_of(path), None, "{path}");
        }
    }

    #[test]
    fn a_picture_of_the_logo_is_known_by_its_name() {
        assert_eq!(logo_file("icon_32.0123456789ab.png"), Some((LogoForm::Icon32, "0123456789ab")));
        for file in ["icon_33.0123456789ab.png", "banner.png", "banner.0123456789ab.svg", "banner"] {
            assert_eq!(logo_file(file).map(|(form, _)| form), None, "{file}");
        }
    }
}
