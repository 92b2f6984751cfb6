//! Hashes and salts of the chain, and how they are written.

/// SHA-256.
pub type Hash = [u8; 32];
/// Random bytes that open a commitment.
pub type Salt = [u8; 16];

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

/// The bytes of hexadecimal of either case; None unless it names exactly `N`.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let n = base16ct::mixed::decode(text, &mut bytes).ok()?.len();
    (n == N).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_as_they_are_written() {
        assert_eq!(hex(&[0, 255, 16]), "00ff10");
        assert_eq!(unhex("00fF10"), Some([0, 255, 16]));
        for bad in ["", "00ff1", "00ff1000", "00fg10", "+0ff10"] {
            assert_eq!(unhex::<3>(bad), None, "{bad}");
        }
    }
}
