//! A progress bar at a terminal; nothing elsewhere.

use super::out::Out;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// A bar on stderr, cleared when it is dropped.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar with a percentage.
    pub fn new(out: &Out) -> Progress {
        Progress::of("{msg:>10} [{bar:32}] {percent:>3} %", out.is_quiet())
    }

    /// A counter of printed rows, whose number is not known before. Hidden where the rows themselves are seen.
    pub fn of_rows(what: &'static str, out: &Out) -> Progress {
        let hidden = out.is_quiet() || std::io::stdout().is_terminal();
        let progress = Progress::of("{msg:>10} {pos} rows", hidden);
        progress.bar.set_message(what);
        progress
    }

    fn of(template: &str, hidden: bool) -> Progress {
        // On stderr, and hidden by itself where that is no terminal.
        let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let style = ProgressStyle::with_template(template).expect("the template is right");
        bar.set_style(style.progress_chars("=> "));
        Progress { bar }
    }

    /// Shows that `done` of `all` steps are done.
    pub fn tell(&self, what: &'static str, done: u64, all: u64) {
        self.bar.set_message(what);
        self.bar.set_length(all);
        self.bar.set_position(done);
    }

    /// Shows how many rows are done.
    pub fn count(&self, done: u64) {
        self.bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
