//! A tile in place of a picture: the mark of its category on a poster's colour, and the title where there is room.
//! The style writes the title, so that nobody reads or hears it twice.

use askama::Template;

use crate::web::pages::parts::marks::{Mark, mark_of};

/// The colours of a tile, each `rrggbb`: the ground, the disc behind the mark, and the mark. `pictures.css` has the
/// same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TileColour {
    pub number: usize,
    pub ground: &'static str,
    pub disc: &'static str,
    pub ink: &'static str,
}

pub const COLOURS: [TileColour; 6] = [
    TileColour { number: 0, ground: "12402f", disc: "1e5a43", ink: "f7f1e1" },
    TileColour { number: 1, ground: "8a2115", disc: "b32a1a", ink: "fff9ee" },
    TileColour { number: 2, ground: "b98f33", disc: "d8b65d", ink: "2a1e05" },
    TileColour { number: 3, ground: "5c3b1c", disc: "8a5a2b", ink: "fbefd8" },
    TileColour { number: 4, ground: "224a50", disc: "2f6066", ink: "f5eedc" },
    TileColour { number: 5, ground: "d9cba6", disc: "f5eedc", ink: "8a2115" },
];

/// The content of a tile.
#[derive(Template)]
#[template(path = "parts/tile.html", config = "src/web/askama.toml")]
pub struct Tile<'a> {
    title: &'a str,
    mark: Option<&'static Mark>,
    /// The first letter of the category, or else of the title: in place of a mark.
    initial: String,
    colour: TileColour,
    /// What people who cannot see it hear; `None` where the title stands beside it.
    label: Option<String>,
}

impl<'a> Tile<'a> {
    pub fn of(category: Option<&'a str>, title: &'a str) -> Tile<'a> {
        let category = category.filter(|category| !category.trim().is_empty());
        Tile {
            title,
            mark: mark_of(category, title),
            initial: initial(category.unwrap_or(title)),
            colour: colour_of(category.unwrap_or(title)),
            label: None,
        }
    }

    /// The same, as a picture that says in these words that it is none.
    pub fn labelled(self, label: String) -> Tile<'a> {
        Tile { label: Some(label), ..self }
    }
}

/// The path of the picture that messengers show of an item without one.
pub fn preview_path(id: i64) -> String {
    format!("/listings/{id}/preview.png")
}

/// The colour of a category, or of a title without one: always the same.
pub fn colour_of(text: &str) -> TileColour {
    // Fowler, Noll and Vo's hash; its lowest bits differ least.
    let hash = text
        .trim()
        .to_lowercase()
        .bytes()
        .fold(2_166_136_261_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
    COLOURS[(hash >> 8) as usize % COLOURS.len()]
}

fn initial(text: &str) -> String {
    let letter = text.chars().find(|c| c.is_alphanumeric());
    letter.map_or("–".to_owned(), |letter| letter.to_uppercase().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_has_the_mark_of_its_category_or_an_initial_and_always_the_same_colour() {
        let tile = |category, title| Tile::of(category, title).render().unwrap();
        assert!(
            tile(Some("Books"), "x").contains("<svg") && !tile(Some("Books"), "x").contains("data-initial")
        );
        assert!(tile(None, "  éclair").contains("data-initial=\"É\""));
        assert!(tile(Some(" "), "한과").contains("data-initial=\"한\""));
        assert!(tile(None, "…").contains("data-initial=\"–\""));
        assert!(tile(None, "<b>\"").contains("data-title=\"&#60;b&#62;&#34;\""));
        assert!(tile(None, "x").contains("aria-hidden=\"true\">"));
        assert!(
            Tile::of(None, "x")
                .labelled("No picture".into())
                .render()
                .unwrap()
                .contains("aria-label=\"No picture\"")
        );
        assert_eq!(colour_of("Books"), colour_of(" books "));
        let colours: std::collections::HashSet<_> = [
            "Art", "Books", "Home", "Sports", "Toys", "Wine", "Garden", "여행", "책", "Music", "Tools",
            "Cars",
        ]
        .map(|category| colour_of(category).number)
        .into();
        assert!(colours.len() > 3, "{colours:?}");
    }

    #[test]
    fn the_style_has_the_colours_of_the_previews() {
        let css = include_str!("../../assets/style/pictures.css");
        for TileColour { number, ground, disc, ink } in COLOURS {
            let rule = format!(".tile-{number} {{ --ground: #{ground}; --disc: #{disc}; --mark: #{ink}; }}");
            assert!(css.contains(&rule), "{rule}");
        }
    }
}
