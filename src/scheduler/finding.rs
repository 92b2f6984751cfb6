//! What a check finds: good or bad, in words for a person, with what to do.

/// The result of one check of whether deadlines can be kept.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    pub ok: bool,
    /// Stable, for scripts: `cron_daemon`, `crontab`, `no_new_privs`, `program`, `reach`, `zone`, `schtasks`,
    /// `principal`, `systemd`, `lingering`, `scheduler`; the house adds its own.
    pub name: &'static str,
    pub words: String,
    /// Empty if there is nothing to do; advice if all is well so far.
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
