//! The log, on stderr, as text or JSON. A server's log is written by a thread of its own from a bounded queue, so that
//! a stalled disk or pipe never delays a request; lines that do not fit are dropped and counted.

use super::out::Format;
use clap::ValueEnum;
use std::io::{BufWriter, IsTerminal, stderr};
use std::sync::mpsc;
use std::time::Duration;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets, filter_fn};
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Lines that may wait to be written: a MiB or two.
const MAX_WAITING: usize = 8_192;

/// How long the end of a server waits for its last lines.
const LAST_LINES: Duration = Duration::from_millis(500);

/// A server's log; dropped last, it writes the lines that are left.
pub struct ServerLog {
    pub lost_lines: ErrorCounter,
    writing: Option<WorkerGuard>,
}

impl Drop for ServerLog {
    /// The guard itself waits for room in the queue, and complains on stdout if there is none. Neither may keep a
    /// server from ending when nobody reads its log.
    fn drop(&mut self) {
        let (writing, (tell, ended)) = (self.writing.take(), mpsc::channel());
        std::thread::spawn(move || {
            drop(writing);
            tell.send(()).ok();
        });
        ended.recv_timeout(LAST_LINES).ok();
    }
}

/// Begins a command's log. `AUCTION_LOG` sets its level (`info`, `debug`, …), `AUCTION_LOG_FORMAT` its form.
pub fn of_command(quiet: bool) {
    let level = std::env::var("AUCTION_LOG").ok().and_then(|text| level(&text).ok());
    let format = std::env::var("AUCTION_LOG_FORMAT").ok();
    let format = format.and_then(|format| Format::from_str(&format, true).ok());
    begin(level.unwrap_or_else(|| usual(quiet)), format.unwrap_or(Format::Text), stderr);
}

/// Begins a server's log.
pub fn of_server(level: Option<Targets>, format: Format, quiet: bool) -> ServerLog {
    let (lines, writing) = NonBlockingBuilder::default()
        .buffered_lines_limit(MAX_WAITING)
        .lossy(true)
        .thread_name("log")
        .finish(BufWriter::new(stderr()));
    let lost_lines = lines.error_counter();
    begin(level.unwrap_or_else(|| usual(quiet)), format, lines);
    ServerLog { lost_lines, writing: Some(writing) }
}

/// Reads a level such as `debug`, or levels by target such as `info,request=off`; an empty text means `info`.
pub fn level(text: &str) -> Result<Targets, String> {
    if text.is_empty() {
        return Ok(usual(false));
    }
    for part in text.split(',') {
        let word = part.rsplit_once('=').map_or(part, |(_, word)| word);
        if word.parse::<LevelFilter>().is_err() {
            return Err(format!("{word:?} is not one of off, error, warn, info, debug, trace"));
        }
    }
    text.parse::<Targets>().map_err(|error| error.to_string())
}

fn usual(quiet: bool) -> Targets {
    Targets::new().with_default(if quiet { LevelFilter::ERROR } else { LevelFilter::INFO })
}

fn begin<W>(level: Targets, format: Format, writer: W)
where
    W: for<'a> MakeWriter<'a> + Clone + Send + Sync + 'static,
{
    // The HTTP client's own lines about its requests may hold a secret.
    let quiet = ["ureq", "ureq_proto", "rustls"].map(|target| (target, LevelFilter::OFF));
    let log = tracing_subscriber::registry().with(level.with_targets(quiet));
    let colour = stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    match format {
        // People read no paths of modules: such a target is left out, while `request` and the like stay.
        Format::Text => {
            let named = fmt::layer().with_writer(writer.clone()).with_ansi(colour);
            let named = named.with_filter(filter_fn(|event| !event.target().contains("::")));
            let others = fmt::layer().with_writer(writer).with_ansi(colour).with_target(false);
            let others = others.with_filter(filter_fn(|event| event.target().contains("::")));
            log.with(named).with(others).init();
        }
        Format::Json => log.with(fmt::layer().with_writer(writer).json().flatten_event(true)).init(),
    }
}

#[cfg(test)]
mod tests {
    use super::level;
    use tracing::Level;

    #[test]
    fn a_level_is_one_for_all_or_one_for_each_target() {
        let some = level("info,request=off").unwrap();
        assert!(some.would_enable("auction", &Level::INFO) && !some.would_enable("auction", &Level::DEBUG));
        assert!(!some.would_enable("request", &Level::ERROR));
        assert!(level("DEBUG").unwrap().would_enable("auction", &Level::DEBUG));
        for wrong in ["infoo", "request", "request=loud", "no=such=level"] {
            assert!(level(wrong).is_err(), "{wrong:?}");
        }
    }
}
