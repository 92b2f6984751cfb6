//! A code to scan that leads to an address, drawn as one path of an SVG.

use std::fmt::Write;

/// The white margin around a code, in modules: four, by its standard.
const QUIET: usize = 4;

/// A code as `parts/qr_code.html` draws it.
#[derive(Clone, Debug)]
pub struct QrCode {
    pub address: String,
    /// The side of the drawing, in modules.
    pub side: usize,
    /// The dark modules: each row's runs as rectangles, each placed from the start of the one before it.
    pub path: String,
}

impl QrCode {
    /// Draws the code of an address; nothing for one that is too long for any code.
    pub fn of(address: String) -> QrCode {
        match fast_qr::QRBuilder::new(&*address).ecl(fast_qr::ECL::M).build() {
            Ok(code) => QrCode { side: code.size + 2 * QUIET, path: path(&code), address },
            Err(_) => QrCode { side: 0, path: String::new(), address },
        }
    }
}

fn path(code: &fast_qr::QRCode) -> String {
    let mut path = String::new();
    for row in 0..code.size {
        let (mut column, mut from) = (0, None);
        while column < code.size {
            let run = (column..code.size).take_while(|c| code[row][*c].value()).count();
            if run > 0 {
                // Writing to a string cannot fail.
                let _ = match from {
                    None => write!(path, "M{} {}", column + QUIET, row + QUIET),
                    Some(from) => write!(path, "m{} 0", column - from),
                };
                let _ = write!(path, "h{run}v1h-{run}z");
                from = Some(column);
            }
            column += run.max(1);
        }
    }
    path
}
