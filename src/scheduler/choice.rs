//! The names by which a person asks for a scheduler.

use std::fmt;
use std::str::FromStr;

/// What a person asks for with `--scheduler`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    Auto,
    Cron,
    Schtasks,
    Systemd,
    None,
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Choice::Auto => "auto",
            Choice::Cron => "cron",
            Choice::Schtasks => "schtasks",
            Choice::Systemd => "systemd",
            Choice::None => "none",
        })
    }
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Choice, String> {
        [Choice::Auto, Choice::Cron, Choice::Schtasks, Choice::Systemd, Choice::None]
            .into_iter()
            .find(|choice| choice.to_string() == text)
            .ok_or_else(|| format!("{text:?} is not one of auto, cron, schtasks, systemd, none"))
    }
}
