//! Pictures as large as files can claim to be, made without a camera: small to send, and all there to decode.

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use std::io::Write;

/// Bits, the most significant first, as JPEG has them: `ff` is followed by `00`.
#[derive(Default)]
struct Scan {
    bytes: Vec<u8>,
    bits: u64,
    n_bits: u32,
}

impl Scan {
    fn push(&mut self, bits: u64, n_bits: u32) {
        (self.bits, self.n_bits) = (self.bits << n_bits | bits, self.n_bits + n_bits);
        while self.n_bits >= 8 {
            self.n_bits -= 8;
            let byte = (self.bits >> self.n_bits) as u8;
            self.bytes.push(byte);
            if byte == 0xff {
                self.bytes.push(0);
            }
        }
    }

    fn end(mut self) -> Vec<u8> {
        self.push(0x7f, 7);
        self.bytes
    }
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &length[..], content].concat()
}

/// Two codes of a table: `0` and `10`.
fn table(which: u8, symbols: [u8; 2]) -> Vec<u8> {
    segment(0xc4, &[&[which, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &symbols[..]].concat())
}

fn jpeg_head(frame: u8, width: u16, height: u16, sampling: &[u8]) -> Vec<u8> {
    let mut head = vec![0xff, 0xd8];
    head.extend(segment(0xdb, &[&[0][..], &[1; 64]].concat()));
    let mut content = vec![8];
    content.extend(height.to_be_bytes());
    content.extend(width.to_be_bytes());
    content.push(sampling.len() as u8);
    for (id, factors) in (1..).zip(sampling) {
        content.extend([id, *factors, 0]);
    }
    head.extend(segment(frame, &content));
    // A mean that stays, and one that moves by one; the end of some thousands of blocks, and that of one.
    head.extend(table(0x00, [0, 1]));
    head.extend(table(0x10, [0xe0, 0x00]));
    head
}

/// A grey JPEG of one component.
pub fn baseline(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = jpeg_head(0xc0, width, height, &[0x11]);
    bytes.extend(segment(0xda, &[1, 1, 0x00, 0, 63, 0]));
    let mut scan = Scan::default();
    for n in 0..u64::from(width.div_ceil(8)) * u64::from(height.div_ceil(8)) {
        scan.push(0b10010 | (n & 1) << 2, 5);
    }
    bytes.extend(scan.end());
    bytes.extend([0xff, 0xd9]);
    bytes
}

/// A progressive JPEG as cameras sample it; without its details where it is not `complete`.
pub fn progressive(width: u16, height: u16, is_complete: bool) -> Vec<u8> {
    let mut bytes = jpeg_head(0xc2, width, height, &[0x22, 0x11, 0x11]);
    bytes.extend(segment(0xda, &[3, 1, 0, 2, 0, 3, 0, 0, 0, 0]));
    let mut scan = Scan::default();
    for n in 0..u64::from(width.div_ceil(16)) * u64::from(height.div_ceil(16)) * 6 {
        scan.push(0b100 | n & 1, 3);
    }
    bytes.extend(scan.end());
    for (id, of) in [(1, 8), (2, 16), (3, 16)].into_iter().filter(|_| is_complete) {
        bytes.extend(segment(0xda, &[1, id, 0x00, 1, 63, 0]));
        let mut scan = Scan::default();
        let n_blocks = u64::from(width.div_ceil(of)) * u64::from(height.div_ceil(of));
        (0..n_blocks >> 14).for_each(|_| scan.push(0, 15));
        (0..n_blocks & 0x3fff).for_each(|_| scan.push(0b10, 2));
        bytes.extend(scan.end());
    }
    bytes.extend([0xff, 0xd9]);
    bytes
}

pub fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(name);
    crc.update(content);
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[..], name, content, &crc.sum().to_be_bytes()].concat()
}

/// A black PNG in RGBA.
pub fn png(width: u32, height: u32, bits: u8, is_interlaced: bool) -> Vec<u8> {
    let passes: &[[u32; 4]] = if is_interlaced {
        &[[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]]
    } else {
        &[[0, 0, 1, 1]]
    };
    let mut deflated = ZlibEncoder::new(Vec::new(), Compression::fast());
    for [x, y, by_x, by_y] in passes {
        let row = 1 + u64::from((width - x).div_ceil(*by_x)) * u64::from(bits) / 2;
        let zeros = vec![0; row as usize];
        (0..(height - y).div_ceil(*by_y)).for_each(|_| deflated.write_all(&zeros).unwrap());
    }
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[bits, 6, 0, 0, u8::from(is_interlaced)]];
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &head.concat()),
        chunk(b"IDAT", &deflated.finish().unwrap()),
        chunk(b"IEND", &[]),
    ]
    .concat()
}

/// A GIF in one colour, whose picture stands `left` of the whole's edge, so often one after the other.
pub fn gif(width: u16, height: u16, left: u16, n_frames: usize) -> Vec<u8> {
    let mut bytes = b"GIF89a".to_vec();
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend([0x80, 0, 0, 10, 200, 10, 250, 250, 250]);
    let width = width - left;
    for _ in 0..n_frames {
        bytes.push(0x2c);
        for number in [left, 0, width, height] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend([0, 2]);
        for block in lzw_zeros(u64::from(width) * u64::from(height)).chunks(255) {
            bytes.push(block.len() as u8);
            bytes.extend_from_slice(block);
        }
        bytes.push(0);
    }
    bytes.push(0x3b);
    bytes
}

/// So many zeros: each code stands for one more of them than the one before.
fn lzw_zeros(mut n: u64) -> Vec<u8> {
    let (mut bytes, mut bits, mut n_bits) = (Vec::new(), 0_u64, 0);
    let mut push = |code: u64, size: u32| {
        (bits, n_bits) = (bits | code << n_bits, n_bits + size);
        while n_bits >= 8 {
            bytes.push(bits as u8);
            (bits, n_bits) = (bits >> 8, n_bits - 8);
        }
    };
    let mut size = 3;
    while n > 0 {
        push(4, size);
        size = 3;
        push(0, size);
        n -= 1;
        // The code `next` is that which a reader is about to make, of `next - 4` zeros.
        for next in 6..4_090 {
            let code = match n {
                0 => break,
                1 => 0,
                n => next.min(n + 4),
            };
            push(code, size);
            n -= code.saturating_sub(4).max(1);
            if next + 1 == 1 << size && size < 12 {
                size += 1;
            }
        }
    }
    push(5, size);
    push(0, 8);
    bytes
}

/// A lossless WebP of 64 by 64 pixels with so many groups of codes, each of which asks for five tables of 4 KiB with 58
/// bytes.
pub fn webp_of_groups(n_groups: u32) -> Vec<u8> {
    let (mut bytes, mut bits, mut n_bits) = (vec![0x2f], 0_u64, 0);
    let mut push = |value: u64, size: u32| {
        (bits, n_bits) = (bits | value << n_bits, n_bits + size);
        while n_bits >= 8 {
            bytes.push(bits as u8);
            (bits, n_bits) = (bits >> 8, n_bits - 8);
        }
    };
    // The size; no transforms, no cache; a picture of groups at a quarter of the size, without a cache.
    for (value, size) in [(63, 14), (63, 14), (0, 4), (0, 1), (0, 1), (1, 1), (0, 3), (0, 1)] {
        push(value, size);
    }
    let last = u64::from(n_groups - 1);
    // Codes of one symbol: the number's lower and upper byte, and nothing.
    for symbol in [last & 255, last >> 8] {
        push(0b101 | symbol << 3, 11);
    }
    (0..3).for_each(|_| push(0b0001, 4));
    // Codes of eleven symbols, of one bit, two, and so on to ten and ten.
    for _ in 0..n_groups * 5 {
        push(10 << 1, 5);
        for length in [0, 0, 0, 3, 3, 3, 3, 3, 0, 3, 4, 4, 4, 4] {
            push(length, 3);
        }
        for (value, size) in [(1, 1), (1, 3), (9, 4)] {
            push(value, size);
        }
        for length in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10_u64] {
            match length {
                ..=6 => push((length - 1).reverse_bits() >> 61, 3),
                _ => push((length + 5).reverse_bits() >> 60, 4),
            }
        }
    }
    (0..64).for_each(|_| push(0, 60));
    bytes.resize(bytes.len() + bytes.len() % 2, 0);
    let chunk = [b"WEBPVP8L", &u32::try_from(bytes.len()).unwrap().to_le_bytes()[..], &bytes].concat();
    [b"RIFF", &u32::try_from(chunk.len()).unwrap().to_le_bytes()[..], &chunk].concat()
}
