//! Paints drawings, and encodes them as PNG.

use crate::web::drawing::{self, Ink, SHEET, Shape};
use anyhow::{Context, Result};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, RgbaImage};
use tiny_skia::{
    Color, FillRule, GradientStop, LinearGradient, Mask, Paint, Pixmap, Point, RadialGradient, Rect, Shader,
    SpreadMode, Transform,
};

/// The part of a sheet that a picture shows: its middle, in points, and how much of the sheet's width.
#[derive(Clone, Copy, Debug)]
pub struct View {
    pub x: u16,
    pub y: u16,
    pub percent: u16,
}

impl View {
    pub const WHOLE: View = View { x: SHEET.0 / 2, y: SHEET.1 / 2, percent: 100 };

    fn transform(self) -> Transform {
        let [w, h, x, y, percent] = [SHEET.0, SHEET.1, self.x, self.y, self.percent].map(f32::from);
        let scale = 100.0 / percent;
        Transform::from_translate(-x, -y).post_scale(scale, scale).post_translate(w / 2.0, h / 2.0)
    }
}

/// Paints what a drawing says, and returns it as a PNG. It is compressed quickly: the house stores it as JPEG.
pub fn paint(drawing: &str, view: View) -> Result<Vec<u8>> {
    png(painted(drawing, SHEET, view.transform())?, CompressionType::Fast, FilterType::Sub)
}

/// Paints what a drawing says on a sheet of this size in pixels; `place` leads from its points to them. The drawing
/// covers the whole sheet.
pub fn painted(drawing: &str, (width, height): (u16, u16), place: Transform) -> Result<RgbaImage> {
    let (width, height) = (u32::from(width), u32::from(height));
    let mut sheet = Pixmap::new(width, height).context("a sheet without a size")?;
    draw(&drawing::read(drawing)?, &mut sheet, place, None)?;
    RgbaImage::from_raw(width, height, sheet.take()).context("a sheet without a size")
}

/// Encodes a painted sheet, without its transparency.
pub fn png(painted: RgbaImage, compression: CompressionType, filter: FilterType) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, compression, filter);
    DynamicImage::from(painted).to_rgb8().write_with_encoder(encoder).context("encode a picture")?;
    Ok(bytes)
}

fn draw(shapes: &[Shape], sheet: &mut Pixmap, place: Transform, within: Option<&Mask>) -> Result<()> {
    for shape in shapes {
        match shape {
            Shape::Fill(path, ink) => {
                sheet.fill_path(path, &wet(*ink, path.bounds())?, FillRule::Winding, place, within);
            }
            Shape::Line(path, ink, stroke) => {
                sheet.stroke_path(path, &wet(*ink, path.bounds())?, stroke, place, within);
            }
            Shape::Group { at, within: clip, shapes } => {
                for at in at {
                    let place = place.pre_concat(*at);
                    match clip {
                        None => draw(shapes, sheet, place, within)?,
                        Some(clip) => {
                            let mut mask =
                                Mask::new(sheet.width(), sheet.height()).context("an empty mask")?;
                            mask.fill_path(clip, FillRule::Winding, true, place);
                            if let Some(within) = within {
                                let both = mask.data_mut().iter_mut().zip(within.data());
                                both.for_each(|(here, there)| *here = (*here).min(*there));
                            }
                            draw(shapes, sheet, place, Some(&mask))?;
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

/// The paint of an ink on a shape with these bounds.
fn wet(ink: Ink, bounds: Rect) -> Result<Paint<'static>> {
    let (left, top, right, bottom) = (bounds.left(), bounds.top(), bounds.right(), bounds.bottom());
    let shader = match ink {
        Ink::Flat(colour) => Some(Shader::SolidColor(colour)),
        Ink::Across(a, b) => linear(a, b, (left, top), (right, top)),
        Ink::Down(a, b) => linear(a, b, (left, top), (left, bottom)),
        Ink::Slanted(a, b) => linear(a, b, (left, top), (right, bottom)),
        Ink::Ball(a, b) => radial(a, b, bounds, (-0.35, -0.4), 1.35),
        Ink::Fading(colour) => {
            let clear = Color::from_rgba(colour.red(), colour.green(), colour.blue(), 0.0).unwrap_or(colour);
            radial(colour, clear, bounds, (0.0, 0.0), 1.0)
        }
    };
    Ok(Paint { shader: shader.context("a blend over nothing")?, anti_alias: true, ..Paint::default() })
}

fn linear(a: Color, b: Color, from: (f32, f32), to: (f32, f32)) -> Option<Shader<'static>> {
    let (from, to) = (Point::from(from), Point::from(to));
    LinearGradient::new(from, to, stops(a, b), SpreadMode::Pad, Transform::identity())
}

/// From `a` at `focus` to `b` at `radius`, in a square from -1 to 1 that is stretched to the bounds.
fn radial(a: Color, b: Color, bounds: Rect, focus: (f32, f32), radius: f32) -> Option<Shader<'static>> {
    let (rx, ry) = (bounds.width() / 2.0, bounds.height() / 2.0);
    let stretch = Transform::from_row(rx, 0.0, 0.0, ry, bounds.left() + rx, bounds.top() + ry);
    let focus = Point::from(focus);
    RadialGradient::new(focus, 0.0, focus, radius, stops(a, b), SpreadMode::Pad, stretch)
}

fn stops(a: Color, b: Color) -> Vec<GradientStop> {
    vec![GradientStop::new(0.0, a), GradientStop::new(1.0, b)]
}
