//! The log: on stderr, as text or JSON. A server's is written by a thread of its own from a bounded queue, so that a disk or a
//! pipe that stalls never holds a request up; what does not fit is dropped, and counted.

use super::out::Format;
use clap::ValueEnum;
use std::io::{BufWriter, IsTerminal, stderr};
use std::sync::mpsc;
use std::time::Duration;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

const USUAL: &str = "info";
/// Lines that may wait to be written, in one piece with those that came meanwhile: a MiB or two.
const MAX_WAITING: usize = 8_192;

/// What is left is written when the server ends, unless that takes longer.
const LAST_LINES: Duration = Duration::from_millis(500);

pub struct ServerLog {
    pub lost_lines: ErrorCounter,
    writing: Option<WorkerGuard>,
}

impl Drop for ServerLog {
    /// The guard itself waits for room in the queue, and then says on stdout that there was none: neither may keep a server
    /// from ending whose log is not read.
    fn drop(&mut self) {
        let (writing, (tell, told)) = (self.writing.take(), mpsc::channel());
        std::thread::spawn(move || {
            drop(writing);
            tell.send(()).ok();
        });
        told.recv_timeout(LAST_LINES).ok();
    }
}

/// A command's log, as it comes; `AUCTION_LOG` sets its level (`info`, `debug`, …), `AUCTION_LOG_FORMAT` how it is written.
pub fn of_command(quiet: bool) {
    let usual = if quiet { "error" } else { USUAL };
    let filter = EnvFilter::try_from_env("AUCTION_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let format = std::env::var("AUCTION_LOG_FORMAT").ok();
    let format = format.and_then(|format| Format::from_str(&format, true).ok());
    begin(filter, format.unwrap_or(Format::Text), stderr);
}

/// A server's log; `level` is one that [`check_level`] took.
pub fn of_server(level: Option<&str>, format: Format, quiet: bool) -> ServerLog {
    let usual = if quiet { "error" } else { USUAL };
    let (lines, writing) = NonBlockingBuilder::default()
        .buffered_lines_limit(MAX_WAITING)
        .lossy(true)
        .thread_name("log")
        .finish(BufWriter::new(stderr()));
    let lost_lines = lines.error_counter();
    begin(EnvFilter::new(level.unwrap_or(usual)), format, lines);
    ServerLog { lost_lines, writing: Some(writing) }
}

/// A level such as `debug`, or levels by target such as `info,request=off`.
pub fn check_level(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

fn begin<W: for<'a> MakeWriter<'a> + Send + Sync + 'static>(
    mut filter: EnvFilter,
    format: Format,
    writer: W,
) {
    // What clients of other servers write of their requests may hold a secret.
    for quiet in ["ureq=off", "ureq_proto=off", "rustls=off"] {
        filter = filter.add_directive(quiet.parse().expect("a directive of ours is well formed"));
    }
    let colour = stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match format {
        Format::Text => log.with_ansi(colour).init(),
        Format::Json => log.json().flatten_event(true).init(),
    }
}
