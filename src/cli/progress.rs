//! A progress bar for who waits at a terminal; nothing anywhere else.

use super::out::Out;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub fn new(out: &Out) -> Progress {
        Progress::of("{msg:>10} [{bar:32}] {percent:>3} %", out.is_quiet())
    }

    /// For rows being printed, of which nobody knows how many come; not where they are seen themselves.
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

    pub fn tell(&self, what: &'static str, done: u64, all: u64) {
        self.bar.set_message(what);
        self.bar.set_length(all);
        self.bar.set_position(done);
    }

    pub fn count(&self, done: u64) {
        self.bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
