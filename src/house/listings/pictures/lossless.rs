//! Computes the memory that the codes of a lossless WebP take, before any of it is allocated: a few bytes can demand
//! thousands of tables. It reads the stream up to there, as RFC 9649 describes it, and keeps nothing.

/// The order in which code lengths are sent.
const LENGTHS: [usize; 19] = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
/// Symbols of the five codes of a group: green with lengths, red, blue, alpha, distances.
const ALPHABETS: [usize; 5] = [256 + 24, 256, 256, 256, 40];
const N_GREENS: usize = 256;
const MAX_LENGTH: usize = 15;
/// Codes of up to this many bits share one table; longer codes are branches of a tree.
const TABLE_BITS: usize = 10;
const ENTRY_BYTES: u64 = 4;
const BRANCH_BYTES: u64 = 48;
/// The bytes of each code beside its table.
const CODE_BYTES: u64 = 100;
const MAX_TRANSFORMS: usize = 4;

/// The bytes of the tables of a chunk `VP8L`, for a picture of this size. `None` if the chunk is broken before they
/// end: no decoder gets further.
pub(in crate::house) fn table_bytes(chunk: &[u8], (width, height): (u32, u32)) -> Option<u64> {
    let mut bits = Bits { bytes: chunk, at: 8 };
    let size = (bits.read(14)? + 1, bits.read(14)? + 1);
    bits.read(4)?;
    if size == (width, height) { of_stream(&mut bits, width, height) } else { None }
}

/// The bytes of the tables of a chunk `ALPH`, for a picture of this size.
pub(in crate::house) fn alpha_table_bytes(chunk: &[u8], (width, height): (u32, u32)) -> Option<u64> {
    let is_compressed = chunk.first()? & 3 == 1;
    let mut bits = Bits { bytes: chunk, at: 8 };
    if is_compressed { of_stream(&mut bits, width, height) } else { None }
}

fn of_stream(bits: &mut Bits, mut width: u32, height: u32) -> Option<u64> {
    let mut n_transforms = 0;
    while bits.read(1)? == 1 {
        n_transforms += 1;
        if n_transforms > MAX_TRANSFORMS {
            return None;
        }
        match bits.read(2)? {
            0 | 1 => {
                let size = bits.read(3)? + 2;
                pass_over(bits, width.div_ceil(1 << size), height.div_ceil(1 << size))?;
            }
            2 => {}
            _ => {
                let n_colors = bits.read(8)? + 1;
                pass_over(bits, n_colors, 1)?;
                let packed = match n_colors {
                    ..=2 => 8,
                    3..=4 => 4,
                    5..=16 => 2,
                    _ => 1,
                };
                width = width.div_ceil(packed);
            }
        }
    }
    let n_cached = cached(bits)?;
    let mut n_groups = 1;
    if bits.read(1)? == 1 {
        let size = bits.read(3)? + 2;
        n_groups = pass_over(bits, width.div_ceil(1 << size), height.div_ceil(1 << size))? + 1;
    }
    let mut n_bytes = 0;
    for _ in 0..n_groups {
        for code in group(bits, n_cached)? {
            n_bytes += code.bytes();
        }
    }
    Some(n_bytes)
}

/// Skips a small picture, and returns the largest group number in it, as if it were the picture of groups. Copies and
/// cached colours only repeat earlier numbers.
fn pass_over(bits: &mut Bits, width: u32, height: u32) -> Option<u32> {
    let n_cached = cached(bits)?;
    let [green, red, blue, alpha, distance] = group(bits, n_cached)?;
    let n_pixels = u64::from(width) * u64::from(height);
    let (mut n_read, mut largest) = (0, 0);
    while n_read < n_pixels {
        let symbol = green.read(bits)?;
        if symbol < N_GREENS {
            let number = red.read(bits)? << 8 | symbol;
            blue.read(bits)?;
            alpha.read(bits)?;
            largest = largest.max(u32::try_from(number).ok()?);
            n_read += 1;
        } else if symbol < ALPHABETS[0] {
            n_read += copied(bits, symbol - N_GREENS)?;
            let symbol = distance.read(bits)?;
            copied(bits, symbol)?;
        } else {
            n_read += 1;
        }
    }
    Some(largest)
}

/// Reads a length or a distance: a symbol and extra bits.
fn copied(bits: &mut Bits, symbol: usize) -> Option<u64> {
    if symbol < 4 {
        return Some(symbol as u64 + 1);
    }
    let n_more = (symbol as u32 - 2) >> 1;
    Some(((2 + (symbol as u64 & 1)) << n_more) + u64::from(bits.read(n_more)?) + 1)
}

/// Reads the size of the colour cache.
fn cached(bits: &mut Bits) -> Option<usize> {
    if bits.read(1)? == 0 {
        return Some(0);
    }
    let size = bits.read(4)?;
    (1..=11).contains(&size).then_some(1 << size)
}

fn group(bits: &mut Bits, n_cached: usize) -> Option<[Code; 5]> {
    let mut codes = [const { None }; 5];
    for (n, code) in codes.iter_mut().enumerate() {
        *code = Some(Code::of(bits, if n == 0 { ALPHABETS[0] + n_cached } else { ALPHABETS[n] })?);
    }
    let [Some(green), Some(red), Some(blue), Some(alpha), Some(distance)] = codes else { return None };
    Some([green, red, blue, alpha, distance])
}

/// A prefix code: the number of symbols of each length, and the symbols by length.
struct Code {
    n_of_length: [usize; MAX_LENGTH + 1],
    symbols: Vec<usize>,
}

impl Code {
    fn of(bits: &mut Bits, n_symbols: usize) -> Option<Code> {
        if bits.read(1)? == 1 {
            let is_pair = bits.read(1)? == 1;
            let n_bits = if bits.read(1)? == 1 { 8 } else { 1 };
            let mut symbols = vec![bits.read(n_bits)? as usize];
            if is_pair {
                symbols.push(bits.read(8)? as usize);
            }
            let mut n_of_length = [0; MAX_LENGTH + 1];
            n_of_length[1] = symbols.len();
            return symbols.iter().all(|symbol| *symbol < n_symbols).then_some(Code { n_of_length, symbols });
        }
        let mut lengths = [0; LENGTHS.len()];
        for at in LENGTHS.iter().take(4 + bits.read(4)? as usize) {
            lengths[*at] = bits.read(3)? as usize;
        }
        let code = Code::of_lengths(&lengths)?;
        Code::of_lengths(&code.read_lengths(bits, n_symbols)?)
    }

    fn read_lengths(&self, bits: &mut Bits, n_symbols: usize) -> Option<Vec<usize>> {
        let mut n_left = n_symbols;
        if bits.read(1)? == 1 {
            let n_bits = 2 + 2 * bits.read(3)?;
            n_left = 2 + bits.read(n_bits)? as usize;
        }
        let (mut lengths, mut last) = (Vec::with_capacity(n_symbols), 8);
        while lengths.len() < n_symbols && n_left > 0 {
            n_left -= 1;
            let (length, n) = match self.read(bits)? {
                16 => (last, 3 + bits.read(2)?),
                17 => (0, 3 + bits.read(3)?),
                18 => (0, 11 + bits.read(7)?),
                length => (length, 1),
            };
            if length > 0 {
                last = length;
            }
            lengths.extend(std::iter::repeat_n(length, n as usize));
        }
        (lengths.len() <= n_symbols).then_some(lengths)
    }

    /// `None` if the lengths do not form a complete code.
    fn of_lengths(lengths: &[usize]) -> Option<Code> {
        let mut n_of_length = [0; MAX_LENGTH + 1];
        let mut symbols: Vec<usize> = (0..lengths.len()).filter(|symbol| lengths[*symbol] > 0).collect();
        symbols.sort_by_key(|symbol| lengths[*symbol]);
        symbols.iter().for_each(|symbol| n_of_length[lengths[*symbol]] += 1);
        let share: usize = (1..=MAX_LENGTH).map(|length| n_of_length[length] << (MAX_LENGTH - length)).sum();
        (symbols.len() == 1 || share == 1 << MAX_LENGTH).then_some(Code { n_of_length, symbols })
    }

    fn read(&self, bits: &mut Bits) -> Option<usize> {
        if let [symbol] = self.symbols[..] {
            return Some(symbol);
        }
        let (mut code, mut first, mut index) = (0, 0, 0);
        for n in &self.n_of_length[1..] {
            code = code << 1 | bits.read(1)? as usize;
            first <<= 1;
            if code < first + n {
                return self.symbols.get(index + code - first).copied();
            }
            (first, index) = (first + n, index + n);
        }
        None
    }

    fn bytes(&self) -> u64 {
        if self.symbols.len() == 1 {
            return CODE_BYTES;
        }
        let longest = self.n_of_length.iter().rposition(|n| *n > 0).unwrap_or(0);
        let n_branches: usize = self.n_of_length[TABLE_BITS + 1..].iter().sum();
        (ENTRY_BYTES << longest.min(TABLE_BITS)) + n_branches as u64 * BRANCH_BYTES + CODE_BYTES
    }
}

/// Reads bits, the lowest of each byte first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn read(&mut self, n: u32) -> Option<u32> {
        let mut made = 0;
        for nth in 0..n {
            let byte = self.bytes.get(self.at / 8)?;
            made |= u32::from(byte >> (self.at % 8) & 1) << nth;
            self.at += 1;
        }
        Some(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by libwebp, with transforms, and by the library that this program uses.
    #[test]
    fn the_tables_of_honest_pictures_are_found_and_small() {
        let kept = include_bytes!("../../../../tests/corpus/pictures/lossless.webp");
        let mut made = Vec::new();
        let picture =
            image::RgbImage::from_fn(300, 200, |x, y| image::Rgb([x as u8, y as u8, (x * y) as u8]));
        picture.write_to(&mut std::io::Cursor::new(&mut made), image::ImageFormat::WebP).unwrap();
        for webp in [&kept[..], &made] {
            let decoded = image::load_from_memory(webp).unwrap();
            let found = table_bytes(&webp[20..], (decoded.width(), decoded.height()));
            assert!(found.is_some_and(|n| n > 500 && n < 100_000), "{found:?}");
            assert_eq!(table_bytes(&webp[20..], (1, 1)), None);
            assert_eq!(table_bytes(&webp[20..30], (decoded.width(), decoded.height())), None);
        }
    }
}
