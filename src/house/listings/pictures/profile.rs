//! Colours: converts a picture from the colour space that it declares to sRGB, which every screen shows. A profile that
//! is broken, huge or useless is ignored; it is never a reason to refuse the picture.

use image::{DynamicImage, RgbImage, RgbaImage};
use moxcms::{
    Chromaticity, CicpColorPrimaries, CicpProfile, ColorPrimaries, ColorProfile, DataColorSpace, Layout,
    MatrixCoefficients, ToneReprCurve, TransferCharacteristics, TransformOptions,
};
use png::SourceChromaticities;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The largest profile that is read: those of printers have 3 MiB.
pub(in crate::house) const MAX_BYTES: usize = 4 * 1_024 * 1_024;
/// The memory for reading and using a profile, per byte of it: tables are kept as floats.
pub(in crate::house) const BYTES_PER_BYTE: u64 = 12;
const HEADER_BYTES: usize = 128;
const MAX_TAGS: usize = 256;
/// The tags that define colours. Texts are left out: a profile may claim thousands of them, all at the same place.
const TAGS: [&[u8; 4]; 12] = [
    b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"kTRC", b"wtpt", b"bkpt", b"chad", b"A2B0",
    b"A2B1",
];
/// A profile that moves no colour by more than this is a variant of sRGB: the picture stays unchanged.
const SAME_WITHIN: u8 = 2;
/// The levels of each colour that are compared for that.
const LEVELS: [u8; 9] = [0, 32, 64, 96, 128, 160, 192, 224, 255];
/// White must stay white: a profile that makes it darker than this is broken.
const LEAST_WHITE: u8 = 240;
/// `gAMA` of sRGB, in 100,000ths, and the percentage by which a value may differ and still mean sRGB.
const SRGB_GAMA: u32 = 45_455;
const GAMA_PERCENT: u32 = 5;
/// The plausible exponents in `gAMA`: from a tenth to ten.
const GAMAS: RangeInclusive<u32> = 10_000..=1_000_000;
/// In H.273, transfer functions of films brighter than white.
const PQ: u8 = 16;
const HLG: u8 = 18;

/// The colour space of a picture.
pub(in crate::house) struct Profile(ColorProfile);

impl Profile {
    /// Reads an ICC profile; `None` if it is broken.
    pub fn of_icc(icc: &[u8]) -> Option<Profile> {
        let needed = needed(icc)?;
        let profile = catch_unwind(AssertUnwindSafe(|| ColorProfile::new_from_slice(&needed)));
        profile.ok()?.ok().map(Profile)
    }

    /// The profile for the numbers of H.273 in `cICP`. `None` for a picture brighter than white, which would need more
    /// than a conversion.
    pub fn of_code_points(primaries: u8, transfer: u8) -> Option<Profile> {
        if [PQ, HLG].contains(&transfer) {
            return None;
        }
        let profile = ColorProfile::new_from_cicp(CicpProfile {
            color_primaries: CicpColorPrimaries::try_from(primaries).ok()?,
            transfer_characteristics: TransferCharacteristics::try_from(transfer).ok()?,
            matrix_coefficients: MatrixCoefficients::Identity,
            full_range: true,
        });
        profile.red_trc.is_some().then_some(Profile(profile))
    }

    /// The profile for `gAMA` in 100,000ths, and `cHRM`.
    pub fn of_primaries(gama: u32, said: &SourceChromaticities) -> Option<Profile> {
        if !GAMAS.contains(&gama) {
            return None;
        }
        let mut profile = ColorProfile::new_srgb();
        let is_srgb = gama.abs_diff(SRGB_GAMA) * 100 <= SRGB_GAMA * GAMA_PERCENT;
        let [white, red, green, blue] = [said.white, said.red, said.green, said.blue]
            .map(|(x, y)| Chromaticity { x: x.into_value(), y: y.into_value() });
        profile.update_rgb_colorimetry(white.to_xyyb(), ColorPrimaries { red, green, blue });
        if !is_srgb {
            // A pure exponent with eight fractional bits, as profiles store it.
            let exponent = u16::try_from(25_600_000 / gama).ok()?;
            let curve = ToneReprCurve::Lut(vec![exponent]);
            for trc in [&mut profile.red_trc, &mut profile.green_trc, &mut profile.blue_trc] {
                *trc = Some(curve.clone());
            }
        }
        Some(Profile(profile))
    }

    /// Converts the picture to sRGB; leaves it unchanged if that is not possible.
    pub fn to_srgb(&self, picture: DynamicImage) -> DynamicImage {
        let changed = catch_unwind(AssertUnwindSafe(|| match &picture {
            DynamicImage::ImageLuma8(_) | DynamicImage::ImageLumaA8(_) => self.grey(&picture),
            DynamicImage::ImageRgb8(rgb) => {
                let samples = self.rgb(rgb.as_raw(), Layout::Rgb)?;
                RgbImage::from_raw(rgb.width(), rgb.height(), samples).map(DynamicImage::from)
            }
            DynamicImage::ImageRgba8(rgba) => {
                let samples = self.rgb(rgba.as_raw(), Layout::Rgba)?;
                RgbaImage::from_raw(rgba.width(), rgba.height(), samples).map(DynamicImage::from)
            }
            _ => None,
        }));
        changed.ok().flatten().unwrap_or(picture)
    }

    /// Converts cyan, magenta, yellow and black by the printer's own tables.
    pub fn rgb_of_cmyk(&self, cmyk: &[u8]) -> Option<Vec<u8>> {
        if self.0.color_space != DataColorSpace::Cmyk {
            return None;
        }
        let made = || self.transformed(cmyk, Layout::Rgba, Layout::Rgb, cmyk.len() / 4 * 3);
        catch_unwind(AssertUnwindSafe(made)).ok().flatten()
    }

    fn rgb(&self, samples: &[u8], layout: Layout) -> Option<Vec<u8>> {
        if self.0.color_space != DataColorSpace::Rgb {
            return None;
        }
        let each = || LEVELS.into_iter();
        let probe: Vec<u8> =
            each().flat_map(|r| each().flat_map(move |g| each().flat_map(move |b| [r, g, b]))).collect();
        let seen = self.transformed(&probe, Layout::Rgb, Layout::Rgb, probe.len())?;
        // The last one is white.
        if seen.iter().rev().take(3).any(|level| *level < LEAST_WHITE) {
            return None;
        }
        if probe.iter().zip(&seen).all(|(before, after)| before.abs_diff(*after) <= SAME_WITHIN) {
            return None;
        }
        self.transformed(samples, layout, layout, samples.len())
    }

    /// Converts each level of a grey picture, which stays grey.
    fn grey(&self, picture: &DynamicImage) -> Option<DynamicImage> {
        let levels: Vec<u8> = (0..=u8::MAX).collect();
        let seen = match self.0.color_space {
            DataColorSpace::Gray => self.transformed(&levels, Layout::Gray, Layout::Rgb, 768)?,
            DataColorSpace::Rgb => {
                let neutral: Vec<u8> = levels.iter().flat_map(|level| [*level; 3]).collect();
                self.transformed(&neutral, Layout::Rgb, Layout::Rgb, 768)?
            }
            _ => return None,
        };
        let level = |before: u8| seen[usize::from(before) * 3 + 1];
        if level(u8::MAX) < LEAST_WHITE {
            return None;
        }
        if levels.iter().all(|before| before.abs_diff(level(*before)) <= SAME_WITHIN) {
            return None;
        }
        let mut picture = picture.clone();
        match &mut picture {
            DynamicImage::ImageLuma8(grey) => grey.pixels_mut().for_each(|p| p[0] = level(p[0])),
            DynamicImage::ImageLumaA8(grey) => grey.pixels_mut().for_each(|p| p[0] = level(p[0])),
            _ => return None,
        }
        Some(picture)
    }

    fn transformed(&self, samples: &[u8], from: Layout, to: Layout, n: usize) -> Option<Vec<u8>> {
        let srgb = ColorProfile::new_srgb();
        let transform = self.0.create_transform_8bit(from, &srgb, to, TransformOptions::default()).ok()?;
        let mut made = vec![0; n];
        transform.transform(samples, &mut made).ok()?;
        Some(made)
    }
}

/// Copies the profile with only the tags that define colours, each part once.
fn needed(icc: &[u8]) -> Option<Vec<u8>> {
    if icc.len() > MAX_BYTES {
        return None;
    }
    let number = |at: usize| icc.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes) as usize);
    let n_tags = number(HEADER_BYTES)?.min(MAX_TAGS);
    let mut parts: Vec<(&[u8], &[u8])> = Vec::new();
    for at in (0..n_tags).map(|n| HEADER_BYTES + 4 + 12 * n) {
        let name = icc.get(at..at + 4)?;
        let is_known = TAGS.iter().any(|tag| *tag == name);
        if is_known && !parts.iter().any(|(other, _)| *other == name) {
            let (from, length) = (number(at + 4)?, number(at + 8)?);
            parts.push((name, icc.get(from..from.checked_add(length)?)?));
        }
    }
    let mut made = icc[..HEADER_BYTES].to_vec();
    made.extend(u32::try_from(parts.len()).ok()?.to_be_bytes());
    let mut from = made.len() + 12 * parts.len();
    for (name, part) in &parts {
        made.extend_from_slice(name);
        made.extend(u32::try_from(from).ok()?.to_be_bytes());
        made.extend(u32::try_from(part.len()).ok()?.to_be_bytes());
        from += part.len().next_multiple_of(4);
    }
    if from > MAX_BYTES {
        return None;
    }
    for (_, part) in &parts {
        made.extend_from_slice(part);
        made.resize(made.len().next_multiple_of(4), 0);
    }
    let length = u32::try_from(made.len()).ok()?;
    made[..4].copy_from_slice(&length.to_be_bytes());
    Some(made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, Luma, Rgb, Rgba};

    /// Display P3, written as a colour profile.
    fn display_p3() -> Vec<u8> {
        ColorProfile::new_display_p3().encode().unwrap()
    }

    /// Converts by the matrices of both spaces, which share the white point and the curve.
    fn srgb_of_p3(p3: [u8; 3]) -> [u8; 3] {
        let linear = |level: u8| match f64::from(level) / 255.0 {
            level if level <= 0.04045 => level / 12.92,
            level => ((level + 0.055) / 1.055).powf(2.4),
        };
        let [r, g, b] = p3.map(linear);
        let mixed = [
            1.224_940 * r - 0.224_940 * g,
            -0.042_057 * r + 1.042_057 * g,
            -0.019_638 * r - 0.078_636 * g + 1.098_274 * b,
        ];
        mixed.map(|level| {
            let level = level.clamp(0.0, 1.0);
            let curved =
                if level <= 0.003_130_8 { level * 12.92 } else { 1.055 * level.powf(1.0 / 2.4) - 0.055 };
            (curved * 255.0).round() as u8
        })
    }

    fn one(profile: &Profile, color: [u8; 3]) -> [u8; 3] {
        profile.to_srgb(RgbImage::from_pixel(3, 2, Rgb(color)).into()).to_rgb8().get_pixel(1, 1).0
    }

    #[track_caller]
    fn is_near(seen: [u8; 3], expected: [u8; 3], within: u8) {
        assert!(
            seen.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= within),
            "{seen:?}, not {expected:?}"
        );
    }

    #[test]
    fn display_p3_becomes_srgb() {
        let profiles = [Profile::of_icc(&display_p3()).unwrap(), Profile::of_code_points(12, 13).unwrap(), {
            let [white, red, green, blue] =
                [(0.3127, 0.3290), (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)];
            let said = SourceChromaticities::new(white, red, green, blue);
            Profile::of_primaries(45_455, &said).unwrap()
        }];
        for profile in &profiles {
            for p3 in [
                [200, 60, 60],
                [60, 200, 60],
                [60, 60, 200],
                [230, 120, 40],
                [255, 0, 0],
                [128, 128, 128],
                [255, 255, 255],
                [0, 0, 0],
            ] {
                is_near(one(profile, p3), srgb_of_p3(p3), 2);
            }
        }
        assert!(one(&profiles[0], [200, 60, 60])[0] > 205, "a red of P3 is more of one in sRGB");
    }

    #[test]
    fn what_is_srgb_stays_as_it_is_to_the_bit() {
        let same = [
            Profile::of_icc(&ColorProfile::new_srgb().encode().unwrap()).unwrap(),
            Profile::of_code_points(1, 13).unwrap(),
        ];
        for profile in &same {
            for color in [[200, 60, 60], [1, 2, 3], [13, 240, 77], [254, 255, 0]] {
                assert_eq!(one(profile, color), color);
            }
        }
    }

    #[test]
    fn transparency_and_greys_are_kept() {
        let profile = Profile::of_icc(&display_p3()).unwrap();
        let clear = image::RgbaImage::from_pixel(2, 2, Rgba([200, 60, 60, 77]));
        let [r, g, b, a] = profile.to_srgb(clear.into()).to_rgba8().get_pixel(1, 1).0;
        is_near([r, g, b], srgb_of_p3([200, 60, 60]), 2);
        assert_eq!(a, 77);
        let grey: DynamicImage = GrayImage::from_pixel(2, 2, Luma([99])).into();
        assert_eq!(profile.to_srgb(grey.clone()), grey);
        // Twice as steep as linear: 128 of 255 is a quarter of the light, which is 137 in sRGB.
        let square = Profile::of_icc(&ColorProfile::new_gray_with_gamma(2.0).encode().unwrap()).unwrap();
        let seen = square.to_srgb(GrayImage::from_pixel(2, 2, Luma([128])).into());
        assert!(seen.to_luma8().get_pixel(0, 0)[0].abs_diff(137) <= 1, "{seen:?}");
        assert!(matches!(seen, DynamicImage::ImageLuma8(_)));
    }

    #[test]
    fn a_wide_gamut_of_cameras_and_a_linear_picture_are_brought_in() {
        let adobe = Profile::of_icc(&ColorProfile::new_adobe_rgb().encode().unwrap()).unwrap();
        // sRGB's (0, 255, 0) lies within Adobe RGB, where it is (144, 255, 60).
        is_near(one(&adobe, [144, 255, 60]), [0, 255, 0], 4);
        is_near(one(&adobe, [255, 255, 255]), [255, 255, 255], 0);
        let [white, red, green, blue] = [(0.3127, 0.3290), (0.64, 0.33), (0.30, 0.60), (0.15, 0.06)];
        let said = SourceChromaticities::new(white, red, green, blue);
        let linear = Profile::of_primaries(100_000, &said).unwrap();
        is_near(one(&linear, [55, 55, 55]), [128, 128, 128], 1);
    }

    /// A profile of 1 MiB whose text has a translation in 80,000 languages, each of them half as long as the whole,
    /// took 40 GiB to read.
    #[test]
    fn a_monstrous_or_broken_profile_is_ignored_and_costs_nothing() {
        let began = std::time::Instant::now();
        let good = display_p3();
        let mut bomb = good.clone();
        let from = bomb.len();
        bomb.extend_from_slice(b"mluc\0\0\0\0\0\x01\x38\x80\0\0\0\x0c");
        for _ in 0..80_000 {
            bomb.extend_from_slice(b"enUS\0\x07\xa1\x20\0\0\0\x10");
        }
        let n_tags = u32::from_be_bytes(*bomb[HEADER_BYTES..].first_chunk().unwrap()) as usize;
        let length = u32::try_from(bomb.len() - from).unwrap();
        for at in (0..n_tags).map(|n| HEADER_BYTES + 4 + 12 * n) {
            if bomb[at..at + 4] == *b"desc" || bomb[at..at + 4] == *b"cprt" {
                bomb[at + 4..at + 8].copy_from_slice(&u32::try_from(from).unwrap().to_be_bytes());
                bomb[at + 8..at + 12].copy_from_slice(&length.to_be_bytes());
            }
        }
        is_near(one(&Profile::of_icc(&bomb).unwrap(), [200, 60, 60]), srgb_of_p3([200, 60, 60]), 2);
        assert!(Profile::of_icc(&vec![0; MAX_BYTES + 1]).is_none());
        for n in 0..good.len() {
            let mut broken = good.clone();
            broken[n] ^= 0xff;
            for broken in [&broken[..], &good[..n]] {
                // Whatever the result, white stays white.
                if let Some(profile) = Profile::of_icc(broken) {
                    assert!(one(&profile, [255, 255, 255]).iter().all(|level| *level >= LEAST_WHITE), "{n}");
                }
            }
        }
        let zeros = [(0.0, 0.0); 4];
        let said = SourceChromaticities::new(zeros[0], zeros[1], zeros[2], zeros[3]);
        for gama in [0, 1, 45_455, u32::MAX] {
            if let Some(profile) = Profile::of_primaries(gama, &said) {
                assert_eq!(one(&profile, [200, 60, 60]), [200, 60, 60]);
            }
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(10), "{:?}", began.elapsed());
    }
}
