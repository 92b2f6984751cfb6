//! What a JPEG says about itself, read before it is decoded. Its claims count only as far as its bytes can justify
//! them.

use crate::house::listings::pictures::fault::Fault;
use crate::house::listings::pictures::profile;

/// The most scans of a progressive JPEG: encoders write about ten.
const MAX_SCANS: u64 = 64;
/// The most segments: a picture has 160 segments of metadata at most, at 64 KiB each.
const MAX_SEGMENTS: usize = 4_000;
const EXIF: &[u8] = b"Exif\0\0";
const ICC: &[u8] = b"ICC_PROFILE\0";

/// Appended after the last scan: all ones, which is no code of a valid table. A decoder that reads on past the end then
/// stops at an error instead of filling the rest with grey.
static AFTER_THE_LAST: [u8; 34] = {
    let mut bytes = [0; 34];
    let mut at = 0;
    while at < bytes.len() {
        bytes[at] = 0xff;
        at += 2;
    }
    bytes[33] = 0xd9;
    bytes
};

/// A JPEG's structure, read from its markers.
#[derive(Default)]
pub(in crate::house) struct Outline<'a> {
    pub width: u64,
    pub height: u64,
    /// The segments that a decoder needs, without the metadata, which it would copy.
    pub parts: Vec<&'a [u8]>,
    pub exif: Option<&'a [u8]>,
    components: Vec<Component>,
    is_progressive: bool,
    n_scans: u64,
    scan_bytes: u64,
    /// The parts of the colour profile: number, total, bytes.
    icc: Vec<(u8, u8, &'a [u8])>,
}

struct Component {
    id: u8,
    /// The sampling factors, horizontal and vertical.
    sampling: (u64, u64),
    /// One bit for each of the 64 coefficients that has been sent to its last digit.
    finished: u64,
}

impl<'a> Outline<'a> {
    /// Reads the markers up to the end of the image. A file without that end is broken: some of it is missing.
    pub fn of(bytes: &'a [u8]) -> Result<Outline<'a>, Fault> {
        let mut outline = Outline::default();
        let mut rest = bytes.strip_prefix(&[0xff, 0xd8]).ok_or(Fault::Broken)?;
        outline.parts.push(&bytes[..2]);
        for _ in 0..MAX_SEGMENTS {
            let (marker, after) = next_marker(rest)?;
            if marker == 0xd9 && outline.n_scans > 0 {
                outline.parts.push(&AFTER_THE_LAST);
                return Ok(outline);
            }
            // Markers without content, such as stray restarts.
            if matches!(marker, 0x00 | 0x01 | 0xd0..=0xd9) {
                rest = after;
                continue;
            }
            let length = usize::from(u16::from_be_bytes(*after.first_chunk().ok_or(Fault::Broken)?));
            let segment = after.get(2..length).ok_or(Fault::Broken)?;
            let mut end = length;
            if marker == 0xda {
                end += outline.read_scan(segment, &after[length..])?;
            } else {
                outline.read_segment(marker, segment)?;
            }
            if is_needed(marker) {
                let from = rest.len() - after.len() - 2;
                outline.parts.push(&rest[from..from + 2 + end]);
            }
            rest = &after[end..];
        }
        Err(Fault::Broken)
    }

    fn read_segment(&mut self, marker: u8, segment: &'a [u8]) -> Result<(), Fault> {
        match marker {
            0xc0..=0xc2 => self.read_frame(segment, marker == 0xc2)?,
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return Err(Fault::UnusualJpeg),
            0xc8 => return Err(Fault::Broken),
            0xe1 if self.exif.is_none() => self.exif = segment.strip_prefix(EXIF),
            0xe2 => {
                if let Some([which, of, part @ ..]) = segment.strip_prefix(ICC) {
                    self.icc.push((*which, *of, part));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn read_frame(&mut self, segment: &[u8], is_progressive: bool) -> Result<(), Fault> {
        let [bits, h1, h0, w1, w0, n, ..] = *segment else { return Err(Fault::Broken) };
        if bits != 8 {
            return Err(Fault::UnusualJpeg);
        }
        let components = segment.get(6..6 + 3 * usize::from(n)).ok_or(Fault::Broken)?;
        (self.height, self.width) =
            (u16::from_be_bytes([h1, h0]).into(), u16::from_be_bytes([w1, w0]).into());
        let component = |c: &[u8]| Component {
            id: c[0],
            sampling: (u64::from(c[1] >> 4), u64::from(c[1] & 15)),
            finished: 0,
        };
        self.components = components.chunks_exact(3).map(component).collect();
        self.is_progressive = is_progressive;
        let is_sound = |c: &Component| (1..=4).contains(&c.sampling.0) && (1..=4).contains(&c.sampling.1);
        if self.components.is_empty() || !self.components.iter().all(is_sound) {
            return Err(Fault::Broken);
        }
        Ok(())
    }

    /// Notes what a scan contains, and returns its length.
    fn read_scan(&mut self, segment: &[u8], after: &[u8]) -> Result<usize, Fault> {
        let n = usize::from(*segment.first().ok_or(Fault::Broken)?);
        let chosen = segment.get(1..1 + 2 * n).ok_or(Fault::Broken)?;
        let [from, to, digits] = *segment.get(1 + 2 * n..).ok_or(Fault::Broken)? else {
            return Err(Fault::Broken);
        };
        let bits = (from..=to.min(63)).fold(0, |bits, coefficient| bits | 1 << coefficient.min(63));
        for component in &mut self.components {
            let is_chosen = chosen.chunks_exact(2).any(|c| c[0] == component.id);
            if is_chosen && digits & 15 == 0 {
                component.finished |= bits;
            }
        }
        let end = end_of_scan(after);
        self.n_scans += 1;
        self.scan_bytes += end as u64;
        Ok(end)
    }

    pub fn n_components(&self) -> u64 {
        self.components.len() as u64
    }

    /// The number of blocks of 8 by 8 samples in each component.
    fn blocks(&self) -> impl Iterator<Item = u64> {
        let most_across = self.components.iter().map(|c| c.sampling.0).max().unwrap_or(1);
        let most_down = self.components.iter().map(|c| c.sampling.1).max().unwrap_or(1);
        self.components.iter().map(move |component| {
            let (across, down) = component.sampling;
            let n = |side: u64, factor: u64, most: u64| (side * factor).div_ceil(most).div_ceil(8);
            n(self.width, across, most_across) * n(self.height, down, most_down)
        })
    }

    /// Checks that the file has enough bytes for its size. Each block takes at least two bits, one for its mean and one
    /// for the end of its details; in a progressive JPEG many blocks may share the latter. A shorter file is cut off or
    /// lies about its size: decoders fill the rest with grey, which takes as long as a picture does.
    pub fn check(&self) -> Result<(), Fault> {
        let (bits_per_block, max_scans) =
            if self.is_progressive { (1, MAX_SCANS) } else { (2, self.n_components()) };
        let least_bytes = self.blocks().sum::<u64>() * bits_per_block / 8;
        if self.scan_bytes < least_bytes || self.n_scans > max_scans {
            return Err(Fault::Broken);
        }
        Ok(())
    }

    /// The bytes that decoding takes in addition to the pixels, for `width` by `height`: the separate samples. A
    /// progressive JPEG also has all its coefficients in memory, and those of a component that no scan finishes are
    /// copied.
    pub fn decoding_bytes(&self, width: u64, height: u64) -> u64 {
        let n_blocks = self.blocks().sum::<u64>();
        let planes = n_blocks * 64 * width * height / (self.width * self.height).max(1);
        planes + self.coefficient_bytes()
    }

    fn coefficient_bytes(&self) -> u64 {
        if !self.is_progressive {
            return 0;
        }
        let n_blocks = self.blocks().sum::<u64>();
        let is_complete = self.components.iter().all(|component| component.finished == !0);
        let n_copied = if is_complete { 0 } else { self.blocks().max().unwrap_or(0) };
        (n_blocks + n_copied) * 64 * 2
    }

    /// The colour profile, if all its parts are present.
    pub fn icc(&self) -> Option<Vec<u8>> {
        let n = self.icc.len();
        if n == 0 || self.icc.iter().map(|(_, _, part)| part.len()).sum::<usize>() > profile::MAX_BYTES {
            return None;
        }
        let part = |wanted: usize| {
            let found =
                self.icc.iter().find(|(which, of, _)| (usize::from(*which), usize::from(*of)) == (wanted, n));
            found.map(|(_, _, part)| *part)
        };
        (1..=n).map(part).collect::<Option<Vec<_>>>().map(|parts| parts.concat())
    }
}

/// Finds the next marker, and returns it with what follows.
fn next_marker(rest: &[u8]) -> Result<(u8, &[u8]), Fault> {
    let at = rest.iter().position(|byte| *byte == 0xff).ok_or(Fault::Broken)?;
    let fill = rest[at..].iter().position(|byte| *byte != 0xff).ok_or(Fault::Broken)?;
    Ok((rest[at + fill], &rest[at + fill + 1..]))
}

/// Whether a decoder needs a segment. Of the metadata, JFIF and Adobe define the components.
fn is_needed(marker: u8) -> bool {
    !matches!(marker, 0xe1..=0xed | 0xef | 0xfe)
}

/// The position of the next marker that does not belong to the scan.
fn end_of_scan(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(next) = rest[at..].iter().position(|byte| *byte == 0xff) {
        at += next;
        let fill = rest[at..].iter().take_while(|byte| **byte == 0xff).count();
        match rest.get(at + fill) {
            Some(0x00 | 0xd0..=0xd7) => at += fill + 1,
            _ => return at,
        }
    }
    rest.len()
}
