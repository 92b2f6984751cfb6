//! Why a verb does not do what was asked. It stands in the store, whose writer rolls back on a refusal as on an error;
//! the rules refuse without it, for they do no I/O and know no error but a refusal.

use crate::rules::refusal::Refusal;
use anyhow::Error;
use std::fmt;

/// A refusal or an error; nothing has been written either way. `?` turns either into it.
#[derive(Debug)]
pub enum Fault {
    /// The house does not do it. An answer, not a failure: whoever asked is told why.
    Refused(Refusal),
    /// Something failed: the log is told why.
    Broken(Error),
}

/// What a verb returns.
pub type Answer<T> = Result<T, Fault>;

impl Fault {
    /// The error, headed by what was being done, where nobody is there to be refused.
    pub fn context(self, doing: impl fmt::Display + Send + Sync + 'static) -> Error {
        Error::from(self).context(doing)
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Fault {
        Fault::Refused(refusal)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::Broken(error)
    }
}

/// A chore of the house, which nobody has asked for, fails by a refusal as by an error.
impl From<Fault> for Error {
    fn from(fault: Fault) -> Error {
        match fault {
            Fault::Refused(refusal) => Error::msg(refusal.to_string()),
            Fault::Broken(error) => error,
        }
    }
}

/// For the log, as [`Refusal`] and [`Error`] are.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Refused(refusal) => refusal.fmt(f),
            Fault::Broken(error) => fmt::Display::fmt(error, f),
        }
    }
}

/// Turns any refusal into `None`, for callers who only ask whether there is one.
pub fn unless_refused<T>(answer: Answer<T>) -> Result<Option<T>, Error> {
    match answer {
        Ok(done) => Ok(Some(done)),
        Err(Fault::Refused(_)) => Ok(None),
        Err(Fault::Broken(error)) => Err(error),
    }
}

/// Why a house is not opened though nothing is broken, as a sentence.
#[derive(Debug)]
pub struct Unopened(pub String);

impl fmt::Display for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unopened {}
