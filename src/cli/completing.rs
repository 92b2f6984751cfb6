//! `auction completions`, and what its scripts ask for at each press of the tab key: commands and options from the same
//! definitions as `--help`; keys of settings, codes of sales and lots, and email addresses as the house has them.

use super::out::Out;
use super::which::LISTING;
use super::whom::WHOM;
use super::{Ending, Ran, sale};
use crate::house::House;
use crate::house::candidates::{Candidate, Kind};
use crate::house::settings::keys::KEYS;
use anyhow::Context;
use clap::{Arg, Args, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::Shells;
use clap_complete::{CompleteEnv, Shell};
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::PathBuf;

/// The variable by which a script asks this program for candidates.
const ASKS: &str = "AUCTION_COMPLETE";
const PROGRAM: &str = "auction";

/// Print shell completions: of commands, options, settings, sale codes and email addresses
///
/// The script asks `auction` itself, so that it also completes the keys of settings, the codes of sales and lots, and
/// email addresses of the house that the command is for. That only reads.
#[derive(Args)]
#[command(after_help = "\
Examples:
  auction completions bash > ~/.local/share/bash-completion/completions/auction
  auction completions zsh > ~/.zfunc/_auction
  auction completions fish > ~/.config/fish/completions/auction.fish")]
pub struct Completions {
    /// The shell that the script is for
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub fn run(&self, command: &Command, out: &Out) -> Ran {
        let name = self.shell.to_string();
        let shells = Shells::builtins();
        let shell = shells.completer(&name).context("each shell has a script")?;
        let mut script = Vec::new();
        shell.write_registration(ASKS, PROGRAM, PROGRAM, PROGRAM, &mut script).context("write the script")?;
        if self.shell == Shell::Zsh {
            // Loaded by name from a folder of functions, the file itself is the first call.
            let first =
                "if [ \"${funcstack[1]}\" = _auction ]; then _clap_dynamic_completer_auction \"$@\"; fi";
            writeln!(script, "{first}").context("write the script")?;
        }
        let commands: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        writeln!(script, "# Completes: {}.", commands.join(", ")).context("write the script")?;
        let mut printed = out.stream();
        let written = printed.write_all(&script).context("print");
        printed.end(written)?;
        Ok(Ending::Done)
    }
}

/// Answers a script that asks for candidates; false if none does.
pub fn answer(command: impl Fn() -> Command) -> bool {
    let command = || with_candidates(command(), "");
    CompleteEnv::with_factory(command).var(ASKS).try_complete(std::env::args_os(), None).unwrap_or(true)
}

/// The command, with candidates for each argument that takes a word of the house.
fn with_candidates(command: Command, parent: &str) -> Command {
    let name = command.get_name().to_owned();
    let command = command.mut_args(|arg| complete(parent, &name, arg));
    command.mut_subcommands(|below| with_candidates(below, &name))
}

fn complete(parent: &str, command: &str, arg: Arg) -> Arg {
    let value = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    let value = value.unwrap_or_else(|| arg.get_id().as_str().to_uppercase());
    let is_lot_of_a_draft = arg.get_id() == "lot" || arg.get_id() == "new";
    match value.as_str() {
        _ if is_lot_of_a_draft => arg,
        WHOM => arg.add(ArgValueCompleter::new(|typed: &OsStr| of_house(Kind::Emails, typed))),
        LISTING => arg.add(ArgValueCompleter::new(|typed: &OsStr| of_house(Kind::Lots, typed))),
        "CODE" | "SALE" => arg.add(ArgValueCompleter::new(|typed: &OsStr| of_house(Kind::Sales, typed))),
        "KEY" if (parent, command) == ("sale", "set") => arg.add(ArgValueCompleter::new(keys_of_sale)),
        "KEY" if command == "set" => arg.add(ArgValueCompleter::new(keys_of_house)),
        _ if value.starts_with(WHOM) => {
            arg.add(ArgValueCompleter::new(|typed: &OsStr| of_house(Kind::Emails, typed)))
        }
        _ => arg,
    }
}

fn keys_of_sale(typed: &OsStr) -> Vec<CompletionCandidate> {
    begun(typed, sale::KEYS.iter().map(|key| ((*key).to_owned(), String::new())))
}

fn keys_of_house(typed: &OsStr) -> Vec<CompletionCandidate> {
    begun(typed, KEYS.iter().map(|key| (key.name.to_owned(), key.words.to_owned())))
}

fn begun(typed: &OsStr, keys: impl Iterator<Item = Candidate>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    keys.filter(|(key, _)| key.starts_with(&*typed)).map(candidate).collect()
}

fn of_house(kind: Kind, typed: &OsStr) -> Vec<CompletionCandidate> {
    let Some(dir) = house_dir() else { return Vec::new() };
    House::candidates(&dir, kind, &typed.to_string_lossy()).into_iter().map(candidate).collect()
}

fn candidate((word, help): Candidate) -> CompletionCandidate {
    CompletionCandidate::new(word).help((!help.is_empty()).then(|| help.into()))
}

/// The directory of the house that the typed command is for.
fn house_dir() -> Option<PathBuf> {
    let words = typed_words();
    // Bash makes words of their own of `--data-dir`, `=` and what follows.
    let after =
        words.iter().skip_while(|word| *word != "--data-dir").skip(1).find(|word| *word != "=").cloned();
    let within = || words.iter().find_map(|word| Some(word.to_str()?.strip_prefix("--data-dir=")?.into()));
    let environment = || std::env::var_os("AUCTION_DATA_DIR").filter(|dir| !dir.is_empty());
    let named: Option<OsString> = after.or_else(within).or_else(environment);
    named.map(at_home).or_else(super::usual_dir)
}

/// The path of a word as it is typed: a shell replaces `~` only when it runs the command.
fn at_home(word: OsString) -> PathBuf {
    let path = PathBuf::from(word);
    let below = path.strip_prefix("~").ok();
    below.and_then(|below| Some(directories::BaseDirs::new()?.home_dir().join(below))).unwrap_or(path)
}

/// The words of the command line that is being completed: they follow `--`.
fn typed_words() -> Vec<OsString> {
    std::env::args_os().skip_while(|word| word != "--").skip(1).collect()
}
