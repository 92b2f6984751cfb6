//! The values that a person typed into a form, shown again beside what is wrong with them. It never keeps a password or
//! a PIN.

use std::collections::BTreeMap;

/// The values of a form by field, and the sentences about them.
#[derive(Clone, Debug, Default)]
pub struct Filled {
    values: BTreeMap<String, String>,
    errors: BTreeMap<String, String>,
}

impl Filled {
    /// Keeps a field's value, unless it is a password (`old` and `new` are, too), a PIN or the token of a link.
    pub fn keep(&mut self, name: &str, value: impl Into<String>) {
        if !["password", "pin", "old", "new", "token"].contains(&name) {
            self.values.insert(name.to_string(), value.into());
        }
    }

    /// Puts a sentence beside a field; the name `""` means the form as a whole.
    pub fn wrong(&mut self, name: &str, sentence: impl Into<String>) {
        self.errors.insert(name.to_string(), sentence.into());
    }

    /// Takes back every sentence that was put beside a field.
    pub fn clear_errors(&mut self) {
        self.errors.clear();
    }

    /// The value of a field, or an empty string.
    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// Returns the value, or `fresh` if the field was not sent.
    pub fn value_or<'a>(&'a self, name: &str, fresh: &'a str) -> &'a str {
        self.values.get(name).map_or(fresh, String::as_str)
    }

    /// Whether a field has this value.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.value(name) == value
    }

    /// The sentence beside a field, if it has a fault.
    pub fn error(&self, name: &str) -> Option<&str> {
        self.errors.get(name).map(String::as_str)
    }

    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }
}
