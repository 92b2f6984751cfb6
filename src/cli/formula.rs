//! Texts that a spreadsheet would compute. Exports put an apostrophe before them and imports remove it, so that an
//! export is imported without loss.

use std::borrow::Cow;

/// Puts an apostrophe before a text that a spreadsheet would compute.
pub fn guarded(text: &str) -> Cow<'_, str> {
    if is_formula(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Undoes [`guarded`].
pub fn bare(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(text)
}

/// Whether spreadsheets compute a text instead of showing it (OWASP, "CSV Injection"), full-width signs included, or
/// [`bare`] would take it for a guarded one.
fn is_formula(text: &str) -> bool {
    let signs = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    text.trim_start_matches('\'').starts_with(signs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_out_comes_in_again() {
        for (text, shown) in [
            ("lamp", "lamp"),
            ("", ""),
            ("'tis", "'tis"),
            ("=1+1", "'=1+1"),
            ("'=1+1", "''=1+1"),
            ("''-5 %", "'''-5 %"),
            ("＠home", "'＠home"),
            ("＝1", "'＝1"),
            ("＋1", "'＋1"),
            ("－1", "'－1"),
            ("-1", "'-1"),
            ("+1", "'+1"),
            ("@x", "'@x"),
            ("\tx", "'\tx"),
            ("\rx", "'\rx"),
        ] {
            assert_eq!((guarded(text).as_ref(), bare(shown)), (shown, text));
        }
    }
}
