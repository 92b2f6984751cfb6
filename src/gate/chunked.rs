//! Takes the chunked coding off a body that comes in pieces of any size (RFC 9112, 7.1), strictly: lines end
//! in CR LF, sizes are plain hex digits. Extensions and trailers are dropped, and bounded. Pure.

/// Chunks up to 4 GiB; the caller limits the body.
const MAX_SIZE_DIGITS: usize = 8;
/// All extensions of one body, and all its trailers.
const MAX_IGNORED_BYTES: usize = 4 * 1024;

#[derive(Debug, PartialEq, Eq)]
pub struct Malformed;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Size { digits: usize, size: u64 },
    Extension { size: u64 },
    SizeLf { size: u64 },
    Data { left: u64 },
    DataCr,
    DataLf,
    TrailerStart,
    Trailer,
    TrailerLf,
    LastLf,
    Done,
}

/// How far a body has been read.
#[derive(Debug)]
pub struct Chunked {
    at: At,
    ignored: usize,
}

impl Chunked {
    pub fn new() -> Chunked {
        Chunked { at: At::Size { digits: 0, size: 0 }, ignored: 0 }
    }

    pub fn is_done(&self) -> bool {
        self.at == At::Done
    }

    /// Reads on and passes what is data to `data`. Returns how many bytes of `input` belong to this body: all of them,
    /// unless the body ended.
    pub fn read(&mut self, input: &[u8], mut data: impl FnMut(&[u8])) -> Result<usize, Malformed> {
        let mut at = 0;
        while at < input.len() && self.at != At::Done {
            if let At::Data { left } = self.at {
                let taken = (input.len() - at).min(usize::try_from(left).unwrap_or(usize::MAX));
                data(&input[at..at + taken]);
                at += taken;
                let left = left - taken as u64;
                self.at = if left == 0 { At::DataCr } else { At::Data { left } };
            } else {
                self.at = self.step(input[at])?;
                at += 1;
            }
        }
        Ok(at)
    }

    fn step(&mut self, byte: u8) -> Result<At, Malformed> {
        match (self.at, byte) {
            (At::Size { digits, size }, _) if byte.is_ascii_hexdigit() && digits < MAX_SIZE_DIGITS => {
                let digit = char::from(byte).to_digit(16).ok_or(Malformed)?;
                Ok(At::Size { digits: digits + 1, size: size * 16 + u64::from(digit) })
            }
            (At::Size { digits: 1.., size } | At::Extension { size }, b'\r') => Ok(At::SizeLf { size }),
            (At::Size { digits: 1.., size }, b';' | b' ' | b'\t') => {
                self.ignore(byte, At::Extension { size })
            }
            (At::Extension { size }, _) => self.ignore(byte, At::Extension { size }),
            (At::SizeLf { size: 0 }, b'\n') => Ok(At::TrailerStart),
            (At::SizeLf { size }, b'\n') => Ok(At::Data { left: size }),
            (At::DataCr, b'\r') => Ok(At::DataLf),
            (At::DataLf, b'\n') => Ok(At::Size { digits: 0, size: 0 }),
            (At::TrailerStart, b'\r') => Ok(At::LastLf),
            (At::LastLf, b'\n') => Ok(At::Done),
            (At::Trailer, b'\r') => Ok(At::TrailerLf),
            (At::TrailerLf, b'\n') => Ok(At::TrailerStart),
            (At::TrailerStart | At::Trailer, _) => self.ignore(byte, At::Trailer),
            _ => Err(Malformed),
        }
    }

    fn ignore(&mut self, byte: u8, next: At) -> Result<At, Malformed> {
        self.ignored += 1;
        let plain = byte == b'\t' || (byte >= b' ' && byte != 127);
        if plain && self.ignored <= MAX_IGNORED_BYTES { Ok(next) } else { Err(Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Chunked, MAX_IGNORED_BYTES, Malformed};

    /// The body and how many bytes it took; none if it is not over.
    fn read(input: &[u8]) -> Result<Option<(String, usize)>, Malformed> {
        let (mut chunked, mut data) = (Chunked::new(), Vec::new());
        let read = chunked.read(input, |some| data.extend_from_slice(some))?;
        Ok(chunked.is_done().then(|| (String::from_utf8(data).unwrap(), read)))
    }

    #[test]
    fn a_body_ends_where_it_says() {
        for (input, body, rest) in [
            ("0\r\n\r\n", "", ""),
            ("3\r\nabc\r\n0\r\n\r\nGET", "abc", "GET"),
            ("1\r\na\r\n0a\r\n0123456789\r\n00\r\n\r\n", "a0123456789", ""),
            ("3;x=\"y\"\r\nabc\r\n0;z\r\nTrailer: dropped\r\nAnother: too\r\n\r\n", "abc", ""),
        ] {
            assert_eq!(
                read(input.as_bytes()),
                Ok(Some((body.to_string(), input.len() - rest.len()))),
                "{input:?}"
            );
        }
    }

    #[test]
    fn what_could_be_read_otherwise_is_refused() {
        for input in [
            "\r\n",
            "3\nabc",
            "3\r\nabcd",
            "3\r\nabc\n",
            "3\r\nabc0\r\n",
            "+3\r\n",
            "0x3\r\n",
            "-1\r\n",
            "g\r\n",
            ";x\r\n",
            "123456789\r\n",
            "3;a\nb\r\n",
            "3\rx",
            "0\r\n\n",
            "0\r\nA: b\n\r\n",
            "0\r\nA: \0\r\n\r\n",
        ] {
            assert_eq!(read(input.as_bytes()), Err(Malformed), "{input:?}");
        }
        assert_eq!(read(format!("1;{}", "x".repeat(MAX_IGNORED_BYTES + 1)).as_bytes()), Err(Malformed));
        assert_eq!(read(b"5\r\nabc"), Ok(None));
    }
}
