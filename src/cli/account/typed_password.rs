//! A password that is given to a command: from a file, a prompt or stdin, never from argv.

use crate::house::Answer;
use crate::rules::refusal::Refusal;
use anyhow::{Context, anyhow};
use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::Path;

/// Longest password with its line end: 200 characters, each in the parts that some keyboards send.
const MAX_PASSWORD_BYTES: u64 = 8_192;

/// From the file that is named; by a prompt on a terminal; from stdin when it is asked for there; else none. Refuses
/// what is no text.
pub fn read_password(from_stdin: bool, file: Option<&Path>) -> Answer<Option<String>> {
    if let Some(path) = file {
        let doing = format!("read the password from {}", path.display());
        let file = File::open(path).with_context(|| doing.clone())?;
        return without_line_end(file, &doing).map(Some);
    }
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        let prompt =
            dialoguer::Password::new().with_prompt("Password").with_confirmation("Again", "They differ.");
        return Ok(Some(prompt.interact().context("ask for the password")?));
    }
    if !from_stdin {
        return Ok(None);
    }
    without_line_end(stdin, "read the password from stdin").map(Some)
}

fn without_line_end(from: impl Read, doing: &str) -> Answer<String> {
    let mut bytes = Vec::new();
    from.take(MAX_PASSWORD_BYTES + 1).read_to_end(&mut bytes).with_context(|| doing.to_owned())?;
    let refused = |words: &str| Err(Refusal::invalid("password", words).into());
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.contains(&0) {
        return refused("This is UTF-16; save the file as UTF-8.");
    }
    if bytes.len() as u64 > MAX_PASSWORD_BYTES {
        return refused("This is too long for a password.");
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return refused("This is no UTF-8; save the file as UTF-8.");
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).trim_end_matches(['\r', '\n']);
    if text.contains(['\r', '\n']) {
        return Err(anyhow!("it has more than one line").context(doing.to_owned()).into());
    }
    Ok(text.to_owned())
}
