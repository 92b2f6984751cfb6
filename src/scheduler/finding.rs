//! What a check finds: well or not, in words for a person, with what to do.

/// One thing that was looked at to see whether deadlines can be kept.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    pub ok: bool,
    /// Stable, for scripts: `cron_daemon`, `crontab`, `no_new_privs`, `program`, `reach`, `zone`, `schtasks`, `principal`,
    /// `systemd`, `lingering`, `scheduler`; the house adds its own.
    pub name: &'static str,
    pub words: String,
    /// Empty where nothing is to be done; an advice where all is well so far.
    pub what_to_do: String,
}

impl Finding {
    pub(crate) fn good(name: &'static str, words: impl Into<String>) -> Finding {
        Finding { ok: true, name, words: words.into(), what_to_do: String::new() }
    }

    pub(crate) fn bad(
        name: &'static str,
        words: impl Into<String>,
        what_to_do: impl Into<String>,
    ) -> Finding {
        Finding { ok: false, name, words: words.into(), what_to_do: what_to_do.into() }
    }

    /// Nothing is broken, but a person should do something.
    pub(crate) fn advice(
        name: &'static str,
        words: impl Into<String>,
        what_to_do: impl Into<String>,
    ) -> Finding {
        Finding { ok: true, name, words: words.into(), what_to_do: what_to_do.into() }
    }
}
