//! The text format that Prometheus reads, version 0.0.4: families of samples, each with its help and type.
//!
//! Written by hand: the maintained crate, prometheus-client, writes OpenMetrics, whose counters `promtool check
//! metrics` and older scrapers do not read as counters, and most values here are read from the house when they are
//! asked for.

use std::fmt::{Display, Write};

pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A document of metrics.
#[derive(Default)]
pub struct Exposition {
    text: String,
    name: &'static str,
}

impl Exposition {
    /// Begins a family, whose samples follow.
    pub fn family(&mut self, name: &'static str, kind: &str, help: &str) -> &mut Exposition {
        self.name = name;
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
        self
    }

    /// Adds a sample without labels.
    pub fn value(&mut self, value: impl Display) -> &mut Exposition {
        self.suffixed("", "", value)
    }

    /// Adds a sample with one label, whose value must not need escaping.
    pub fn labelled(&mut self, label: &str, of: impl Display, value: impl Display) -> &mut Exposition {
        self.suffixed("", &format!("{{{label}=\"{of}\"}}"), value)
    }

    /// Adds a sample with the family's name plus `suffix`, and with `labels` as they are.
    pub fn suffixed(&mut self, suffix: &str, labels: &str, value: impl Display) -> &mut Exposition {
        let name = self.name;
        self.line(format_args!("{name}{suffix}{labels} {value}"));
        self
    }

    /// Adds a family with one sample, or without any if `value` is `None`.
    pub fn gauge(&mut self, name: &'static str, help: &str, value: Option<impl Display>) {
        self.family(name, "gauge", help);
        if let Some(value) = value {
            self.value(value);
        }
    }

    pub fn into_text(self) -> String {
        self.text
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{line}");
    }
}

/// A duration in seconds, printed exactly.
pub struct Seconds {
    pub us: u64,
}

impl Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (seconds, rest) = (self.us / 1_000_000, self.us % 1_000_000);
        let text = format!("{seconds}.{rest:06}");
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_exact() {
        for (us, text) in [(0, "0"), (500, "0.0005"), (1_000_000, "1"), (5_250_000, "5.25"), (10, "0.00001")]
        {
            assert_eq!(Seconds { us }.to_string(), text);
        }
    }
}
