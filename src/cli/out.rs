//! What commands print: data on stdout, as text or JSON; other words on stderr, unless they are to be quiet.

use anyhow::{Context, Result};
use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets::NOTHING};
use serde::{Deserialize, Serialize};
use std::io::{BufWriter, ErrorKind, Stdout, Write};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Text,
    Json,
}

pub struct Out {
    format: Format,
    quiet: bool,
}

impl Out {
    pub fn new(format: Format, quiet: bool) -> Out {
        Out { format, quiet }
    }

    /// Data: JSON on one line, or the text.
    pub fn data(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
        let line = match self.format {
            Format::Json => serde_json::to_string(value).context("write JSON")?,
            Format::Text => text(),
        };
        if line.is_empty() {
            return Ok(());
        }
        match writeln!(std::io::stdout(), "{}", line.trim_end()) {
            // Who reads only the beginning of a list has what they wanted.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            other => other.context("print"),
        }
    }

    /// That something was done, which the exit status says, too: JSON, or words for who did not ask for quiet.
    pub fn done(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
        if self.quiet && self.format == Format::Text { Ok(()) } else { self.data(value, text) }
    }

    pub fn format(&self) -> Format {
        self.format
    }

    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Data that is printed as it is read.
    pub fn stream(&self) -> Printed {
        Printed(BufWriter::new(std::io::stdout()))
    }

    /// Words for a person.
    pub fn say(&self, words: impl std::fmt::Display) {
        if !self.quiet {
            eprintln!("{words}");
        }
    }
}

/// Stdout, for what is too long to be held in memory.
pub struct Printed(BufWriter<Stdout>);

impl Printed {
    /// Flushes, and says what went wrong on the way; who reads only the beginning has what they wanted.
    pub fn end(mut self, told: Result<()>) -> Result<()> {
        let all = told.and_then(|()| self.0.flush().context("print"));
        let enough = |error: &anyhow::Error| {
            error.chain().any(|cause| {
                cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == ErrorKind::BrokenPipe)
            })
        };
        match all {
            Err(error) if enough(&error) => Ok(()),
            other => other,
        }
    }
}

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

/// A table for people.
pub fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_header(head);
    for row in rows {
        table.add_row(row);
    }
    table.to_string()
}
