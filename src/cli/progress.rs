//! A progress bar for who waits at a terminal; nothing anywhere else.

use super::out::Out;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub fn new(out: &Out) -> Progress {
        // On stderr, and hidden by itself where that is no terminal.
        let target = if out.is_quiet() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let style = ProgressStyle::with_template("{msg:>10} [{bar:32}] {percent:>3} %");
        bar.set_style(style.expect("the template is right").progress_chars("=> "));
        Progress { bar }
    }

    pub fn tell(&self, what: &'static str, done: u64, all: u64) {
        self.bar.set_message(what);
        self.bar.set_length(all);
        self.bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
