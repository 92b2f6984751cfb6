//! Drawings written as text, on a sheet of 960 × 720 points unless the painter says otherwise: what is written later lies
//! on top.
//!
//! | words | draw |
//! |---|---|
//! | `scene WALL FLOOR` | a wall with light on it, and a floor |
//! | `fill INK PATH`, `oval INK cx cy rx ry`, `box INK x y w h r` | a filled shape; `r` rounds the corners |
//! | `soft COLOUR cx cy rx ry` | an oval that fades outwards: a shadow, a gleam |
//! | `line INK width PATH`, `ring INK width cx cy rx ry` | a line with round ends |
//! | `dash INK width on off PATH` | a dashed line |
//! | `clip PATH … end` | what is between, inside the path only |
//! | `move x y … end`, `turn degrees cx cy … end`, `size percent cx cy … end`, `flip x … end` | … moved; mirrored at x |
//! | `row n dx dy … end`, `round n degrees cx cy … end` | … n times |
//!
//! A colour is `rrggbb` or, with its opacity, `rrggbbaa`. An ink is a colour or a blend of two: `a>b` to the right, `a/b`
//! downwards, `a\b` towards the lower right, `a*b` as on a ball that is lit from the upper left. A path is that of SVG in
//! absolute coordinates with M, L, Q, C and Z, and S for a smooth curve through points. `#` begins a comment.

use anyhow::{Context, Result, bail};
use tiny_skia::{Color, LineCap, LineJoin, Path, PathBuilder, Point, Rect, Stroke, StrokeDash, Transform};

/// The size of the sheet, in points.
pub const SHEET: (u16, u16) = (960, 720);
/// The most copies that `row` and `round` make.
const MAX_COPIES: u8 = 64;

pub enum Shape {
    Fill(Path, Ink),
    Line(Path, Ink, Stroke),
    /// The same shapes at each of these places, inside the path only, if there is one.
    Group {
        at: Vec<Transform>,
        within: Option<Path>,
        shapes: Vec<Shape>,
    },
}

/// A colour, or a blend over the bounds of a shape.
#[derive(Clone, Copy)]
pub enum Ink {
    Flat(Color),
    Across(Color, Color),
    Down(Color, Color),
    Slanted(Color, Color),
    Ball(Color, Color),
    Fading(Color),
}

/// Reads a drawing. Fails with the word that it cannot read.
pub fn read(text: &str) -> Result<Vec<Shape>> {
    let words = text.lines().flat_map(|line| line.split('#').next().unwrap_or("").split_whitespace());
    let mut reader = Reader { words: words.collect(), at: 0 };
    let shapes = reader.shapes()?;
    if let Some(word) = reader.peek() {
        bail!("{word:?} stands where a shape should");
    }
    Ok(shapes)
}

struct Reader<'a> {
    words: Vec<&'a str>,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).copied()
    }

    fn word(&mut self) -> Result<&'a str> {
        let word = self.peek().context("the drawing ends too early")?;
        self.at += 1;
        Ok(word)
    }

    fn shapes(&mut self) -> Result<Vec<Shape>> {
        let mut shapes = Vec::new();
        while self.peek().is_some_and(|word| word != "end") {
            let word = self.word()?;
            let read = if word == "scene" { self.scene() } else { self.shape(word).map(|shape| vec![shape]) };
            shapes.extend(read.with_context(|| format!("word {} of the drawing, {word}", self.at))?);
        }
        Ok(shapes)
    }

    fn shape(&mut self, word: &str) -> Result<Shape> {
        Ok(match word {
            "fill" => {
                let ink = self.ink()?;
                Shape::Fill(self.path()?, ink)
            }
            "oval" => {
                let ink = self.ink()?;
                Shape::Fill(self.oval()?, ink)
            }
            "box" => {
                let ink = self.ink()?;
                let [x, y, w, h, r] = self.numbers()?;
                Shape::Fill(rounded(x, y, w, h, r)?, ink)
            }
            "soft" => {
                let ink = Ink::Fading(colour(self.word()?)?);
                Shape::Fill(self.oval()?, ink)
            }
            "line" => {
                let (ink, [width]) = (self.ink()?, self.numbers()?);
                Shape::Line(self.path()?, ink, stroke(width, None))
            }
            "dash" => {
                let (ink, [width, on, off]) = (self.ink()?, self.numbers()?);
                Shape::Line(self.path()?, ink, stroke(width, StrokeDash::new(vec![on, off], 0.0)))
            }
            "ring" => {
                let (ink, [width]) = (self.ink()?, self.numbers()?);
                Shape::Line(self.oval()?, ink, stroke(width, None))
            }
            _ => return self.group(word),
        })
    }

    fn group(&mut self, word: &str) -> Result<Shape> {
        let mut within = None;
        let at = match word {
            "clip" => {
                within = Some(self.path()?);
                vec![Transform::identity()]
            }
            "move" => {
                let [x, y] = self.numbers()?;
                vec![Transform::from_translate(x, y)]
            }
            "turn" => {
                let [degrees, x, y] = self.numbers()?;
                vec![Transform::from_rotate_at(degrees, x, y)]
            }
            "size" => {
                let [percent, x, y] = self.numbers()?;
                let part = percent / 100.0;
                vec![Transform::from_row(part, 0.0, 0.0, part, x * (1.0 - part), y * (1.0 - part))]
            }
            "flip" => {
                let [x] = self.numbers()?;
                vec![Transform::from_row(-1.0, 0.0, 0.0, 1.0, 2.0 * x, 0.0)]
            }
            "row" => {
                let (n, [dx, dy]) = (self.copies()?, self.numbers()?);
                (0..n).map(|n| Transform::from_translate(dx * f32::from(n), dy * f32::from(n))).collect()
            }
            "round" => {
                let (n, [degrees, x, y]) = (self.copies()?, self.numbers()?);
                (0..n).map(|n| Transform::from_rotate_at(degrees * f32::from(n), x, y)).collect()
            }
            _ => bail!("no shape is called so"),
        };
        let shapes = self.shapes()?;
        if self.word()? != "end" {
            bail!("no end");
        }
        Ok(Shape::Group { at, within, shapes })
    }

    fn copies(&mut self) -> Result<u8> {
        let n: u8 = self.word()?.parse()?;
        if n > MAX_COPIES { bail!("{n} are too many") } else { Ok(n) }
    }

    fn numbers<const N: usize>(&mut self) -> Result<[f32; N]> {
        let mut numbers = [0.0; N];
        for number in &mut numbers {
            let word = self.word()?;
            *number = word.parse().with_context(|| format!("{word:?} is not a number"))?;
        }
        Ok(numbers)
    }

    fn ink(&mut self) -> Result<Ink> {
        let word = self.word()?;
        let Some(at) = word.find(['>', '/', '\\', '*']) else {
            return Ok(Ink::Flat(colour(word)?));
        };
        let (from, to) = (colour(&word[..at])?, colour(&word[at + 1..])?);
        Ok(match word.as_bytes()[at] {
            b'>' => Ink::Across(from, to),
            b'/' => Ink::Down(from, to),
            b'*' => Ink::Ball(from, to),
            _ => Ink::Slanted(from, to),
        })
    }

    fn oval(&mut self) -> Result<Path> {
        let [cx, cy, rx, ry] = self.numbers()?;
        let bounds =
            Rect::from_xywh(cx - rx, cy - ry, 2.0 * rx, 2.0 * ry).context("an oval without a size")?;
        PathBuilder::from_oval(bounds).context("an oval without a size")
    }

    fn path(&mut self) -> Result<Path> {
        let mut path = PathBuilder::new();
        while let Some(command) =
            self.peek().filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase()))
        {
            self.at += 1;
            let points = self.points()?;
            match (command, &points[..]) {
                ("M", [p]) => path.move_to(p.x, p.y),
                ("L", points) => points.iter().for_each(|p| path.line_to(p.x, p.y)),
                ("Q", points) if points.len() % 2 == 0 => {
                    points.chunks_exact(2).for_each(|p| path.quad_to(p[0].x, p[0].y, p[1].x, p[1].y));
                }
                ("C", points) if points.len() % 3 == 0 => points
                    .chunks_exact(3)
                    .for_each(|p| path.cubic_to(p[0].x, p[0].y, p[1].x, p[1].y, p[2].x, p[2].y)),
                ("S", points) => smooth(&mut path, points),
                ("Z", []) => path.close(),
                _ => bail!("{command} with {} points", points.len()),
            }
        }
        path.finish().context("a path without lines")
    }

    /// The points up to the next word that is not a number.
    fn points(&mut self) -> Result<Vec<Point>> {
        let mut points = Vec::new();
        while self.peek().is_some_and(|word| word.parse::<f32>().is_ok()) {
            let [x, y] = self.numbers()?;
            points.push(Point::from_xy(x, y));
        }
        Ok(points)
    }

    fn scene(&mut self) -> Result<Vec<Shape>> {
        let (wall, floor) = (self.word()?, self.word()?);
        let [w, h] = [SHEET.0, SHEET.1].map(f32::from);
        let horizon = h * 0.7;
        let plane = |y: f32, h: f32| rounded(0.0, y, w, h, 0.0);
        let (wall, floor) = (colour(wall)?, colour(floor)?);
        let wall = Ink::Slanted(mixed(wall, Color::WHITE, 0.18), mixed(wall, Color::BLACK, 0.1));
        let floor = Ink::Down(mixed(floor, Color::BLACK, 0.06), mixed(floor, Color::WHITE, 0.16));
        let light = Rect::from_xywh(w * 0.02, h * -0.2, w * 0.8, h * 1.1).and_then(PathBuilder::from_oval);
        let white = Ink::Fading(Color::from_rgba8(255, 255, 255, 90));
        Ok(vec![
            Shape::Fill(plane(0.0, horizon)?, wall),
            Shape::Fill(light.context("no light")?, white),
            Shape::Fill(plane(horizon, h - horizon)?, floor),
        ])
    }
}

fn stroke(width: f32, dash: Option<StrokeDash>) -> Stroke {
    let line_cap = if dash.is_some() { LineCap::Butt } else { LineCap::Round };
    Stroke { width, dash, line_cap, line_join: LineJoin::Round, ..Stroke::default() }
}

fn colour(word: &str) -> Result<Color> {
    let with_opacity = if word.len() == 6 { format!("{word}ff") } else { word.to_owned() };
    let number = u32::from_str_radix(&with_opacity, 16).ok().filter(|_| with_opacity.len() == 8);
    let [r, g, b, a] = number.with_context(|| format!("{word:?} is not a colour"))?.to_be_bytes();
    Ok(Color::from_rgba8(r, g, b, a))
}

fn mixed(colour: Color, other: Color, part: f32) -> Color {
    let mix = |a: f32, b: f32| (a + (b - a) * part).clamp(0.0, 1.0);
    let (r, g, b) = (colour.red(), colour.green(), colour.blue());
    let mixed = [mix(r, other.red()), mix(g, other.green()), mix(b, other.blue())];
    Color::from_rgba(mixed[0], mixed[1], mixed[2], 1.0).unwrap_or(colour)
}

fn rounded(x: f32, y: f32, w: f32, h: f32, r: f32) -> Result<Path> {
    let mut path = PathBuilder::new();
    let (right, bottom) = (x + w, y + h);
    path.move_to(x + r, y);
    path.line_to(right - r, y);
    path.quad_to(right, y, right, y + r);
    path.line_to(right, bottom - r);
    path.quad_to(right, bottom, right - r, bottom);
    path.line_to(x + r, bottom);
    path.quad_to(x, bottom, x, bottom - r);
    path.line_to(x, y + r);
    path.quad_to(x, y, x + r, y);
    path.close();
    path.finish().context("a box without a size")
}

/// Draws a curve through the points (Catmull and Rom's), from where the path is.
fn smooth(path: &mut PathBuilder, points: &[Point]) {
    let Some(start) = path.last_point() else { return };
    let mut all = vec![start, start];
    all.extend(points.iter().chain(points.last()));
    for near in all.windows(4) {
        let [before, from, to, after] = [near[0], near[1], near[2], near[3]];
        let (a, b) = (to - before, after - from);
        path.cubic_to(from.x + a.x / 6.0, from.y + a.y / 6.0, to.x - b.x / 6.0, to.y - b.y / 6.0, to.x, to.y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_drawing_is_refused_by_its_word() {
        for (text, words) in [
            ("circle 1 2 3", "word 1 of the drawing, circle"),
            ("box ff000 1 2 3 4 5", "\"ff000\" is not a colour"),
            ("oval ff0000 1 2 3 x", "\"x\" is not a number"),
            ("fill ff0000 M 1 2 C 1 2", "C with 1 points"),
            ("fill ff0000", "a path without lines"),
            ("row 65 1 1 end", "65 are too many"),
            ("row 2 1 1 oval ff0000 1 2 3 4", "the drawing ends too early"),
            ("end", "\"end\" stands where"),
        ] {
            let refused = read(text).err().map(|error| format!("{error:#}")).unwrap_or_default();
            assert!(refused.contains(words), "{text}: {refused}");
        }
        let shapes =
            read("# A ball.\nsoft 00000080 1 2 3 4 row 2 10 0 oval ffffff*000000 1 2 3 4 end").unwrap();
        assert_eq!(shapes.len(), 2);
    }
}
