//! A QR code in the terminal: two rows of modules a line, in half blocks.

use anyhow::{Context, Result};
use std::fmt::Write as _;
use std::io::{ErrorKind, Write};

/// The white margin around a code, in modules: four, by its standard.
const QUIET: usize = 4;

/// Prints the code of an address; nothing for one that is too long for any code. At a terminal the colours are set, since
/// many cameras read only dark on light; anywhere else a block is light, as on a dark terminal.
pub fn print(address: &str, is_terminal: bool) -> Result<()> {
    let Some(lines) = drawn(address) else { return Ok(()) };
    let (before, after) = if is_terminal { ("\u{1b}[97;40m", "\u{1b}[0m") } else { ("", "") };
    let mut text = String::new();
    for line in lines {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{before}{line}{after}");
    }
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.context("print"),
    }
}

/// The lines of a code, with a block where it is light.
fn drawn(address: &str) -> Option<Vec<String>> {
    let code = fast_qr::QRBuilder::new(address).ecl(fast_qr::ECL::M).build().ok()?;
    let side = code.size + 2 * QUIET;
    let is_light = |row: usize, column: usize| {
        let inside = |at: usize| (QUIET..QUIET + code.size).contains(&at);
        !(inside(row) && inside(column) && code[row - QUIET][column - QUIET].value())
    };
    let half_blocks = |row: usize| {
        let block = |column| match (is_light(row, column), row + 1 < side && is_light(row + 1, column)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        };
        (0..side).map(block).collect()
    };
    Some((0..side).step_by(2).map(half_blocks).collect())
}
