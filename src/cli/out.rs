//! Output of commands: data on stdout, as text or JSON; all else on stderr, unless --quiet. Nothing that is printed can
//! control the terminal: names and texts may come from a backup that a stranger made.

use anyhow::{Context, Result};
use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets::NOTHING};
use serde::{Deserialize, Serialize};
use std::io::{BufWriter, ErrorKind, IsTerminal, Stdout, Write};

/// The form of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Text,
    Json,
}

/// Prints as --format and --quiet say.
pub struct Out {
    format: Format,
    quiet: bool,
}

impl Out {
    pub fn new(format: Format, quiet: bool) -> Out {
        Out { format, quiet }
    }

    /// Prints data: JSON on one line, or the text. A closed pipe is no error.
    pub fn data(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
        let line = match self.format {
            Format::Json => {
                let json = serde_json::to_string(value).context("write JSON")?;
                if std::io::stdout().is_terminal() { plain_json(&json) } else { json }
            }
            Format::Text => plain(&text()),
        };
        if line.is_empty() {
            return Ok(());
        }
        match writeln!(std::io::stdout(), "{}", line.trim_end()) {
            // A reader such as `head` has all that it wants.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            other => other.context("print"),
        }
    }

    /// Prints that something was done, which the exit status says, too: JSON, or text unless --quiet.
    pub fn done(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
        if self.quiet && self.format == Format::Text { Ok(()) } else { self.data(value, text) }
    }

    pub fn format(&self) -> Format {
        self.format
    }

    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Opens stdout for data that is printed while it is read.
    pub fn stream(&self) -> Printed {
        let stdout = std::io::stdout();
        Printed { terminal: stdout.is_terminal().then(Default::default), out: BufWriter::new(stdout) }
    }

    /// Prints a sentence for a person, on stderr, unless --quiet.
    pub fn say(&self, words: impl std::fmt::Display) {
        if !self.quiet {
            eprintln!("{}", plain(&words.to_string()));
        }
    }
}

/// Prints what went wrong, on stderr.
pub fn complain(words: impl std::fmt::Display) {
    eprintln!("auction: {}", plain(&words.to_string()));
}

/// Escapes what controls a terminal or changes the direction of text: control characters (C0, C1 and DEL) except line
/// ends and tabs, and Unicode's direction overrides. They are shown as `\u{1b}`.
pub fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            c if misleads(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

fn misleads(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Escapes the same characters in JSON, whose meaning stays the same.
fn plain_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        if misleads(c) { shown += &format!("\\u{:04x}", u32::from(c)) } else { shown.push(c) }
    }
    shown
}

/// Stdout for data too long for memory: byte for byte, or at a terminal in escaped lines.
pub struct Printed {
    /// The unfinished line, at a terminal.
    terminal: Option<Vec<u8>>,
    out: BufWriter<Stdout>,
}

impl Printed {
    /// Flushes. Returns the error of `written`, or of the flush; a closed pipe is none.
    pub fn end(mut self, written: Result<()>) -> Result<()> {
        let rest = self.terminal.take().unwrap_or_default();
        let last = self.out.write_all(plain(&String::from_utf8_lossy(&rest)).as_bytes());
        let all = written.and_then(|()| last.and_then(|()| self.out.flush()).context("print"));
        let is_closed_pipe = |error: &anyhow::Error| {
            error.chain().any(|cause| {
                cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == ErrorKind::BrokenPipe)
            })
        };
        match all {
            Err(error) if is_closed_pipe(&error) => Ok(()),
            other => other,
        }
    }
}

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let Some(line) = &mut self.terminal else {
            return self.out.write(bytes);
        };
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.out.write_all(plain(&String::from_utf8_lossy(line)).as_bytes())?;
                line.clear();
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

/// Lays out rows for people.
pub fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_header(head);
    for row in rows {
        table.add_row(row);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_printed_commands_a_terminal() {
        for (text, shown) in [
            ("Lamp, brass\r\n\tand 한국어, é", "Lamp, brass\n\tand 한국어, é"),
            ("\u{1b}[2J\u{7}\r\u{8}\u{7f}", "\\u{1b}[2J\\u{7}\\u{d}\\u{8}\\u{7f}"),
            ("\u{9b}31m\u{85}\u{0}", "\\u{9b}31m\\u{85}\\u{0}"),
            ("gpj.\u{202e}exe\u{2066}", "gpj.\\u{202e}exe\\u{2066}"),
        ] {
            assert_eq!(plain(text), shown);
            let json = serde_json::to_string(text).unwrap();
            assert!(!plain_json(&json).contains(misleads), "{text:?}");
            assert_eq!(serde_json::from_str::<String>(&plain_json(&json)).unwrap(), text);
        }
    }
}
