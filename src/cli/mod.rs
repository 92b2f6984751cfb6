//! The command line: parse, call the house, print. Data goes to stdout, sentences to stderr.
//!
//! Exit status: 0 done, or done already; 1 refused (with a sentence on stderr, nothing changed); 2 usage; 3 broken.

mod account;
mod admin_log;
mod amount;
mod audit;
mod backup;
mod bidder;
mod bill;
mod completing;
mod config;
mod demo;
mod desk;
mod doctor;
mod export;
mod formula;
mod funds;
#[cfg(test)]
mod help_tests;
mod house;
mod house_check;
mod import;
mod journal;
mod listing;
mod log;
mod man_page;
mod manual;
mod nearest;
mod notify;
mod out;
mod own_texts;
mod progress;
mod replay;
mod report;
mod reverse;
mod sale;
mod scheduler;
mod serve;
mod settle;
mod settled;
mod sheet;
mod sign_on;
mod statement;
mod verify;
mod when;
mod which;
mod whom;
mod words;

use crate::house::{Answer, Fault, House, Opening};
use crate::rules::refusal::{Figure, Refusal};
use crate::store::Means;
use crate::store::clock::Clock;
use crate::store::fault::Unopened;
use crate::store::journal::Keeper;
use crate::store::log::Actor;
use anyhow::{Context, Result};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use out::{Format, Out, complain};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// A self-hosted auction house whose deadlines are kept by the operating system's scheduler.
#[derive(Parser)]
#[command(name = "auction", version, arg_required_else_help = true)]
#[command(after_help = "\
What the commands take:
  a person    an email address, a name, a bidder number (#17, or spring#17 in one sale), or the id of the account (17)
  a listing   its number (17), or the code of a lot (A12, or spring:A12)
  a time      20:30, \"Sat 20:30\", \"2026-12-24 20:30\" in the house's zone; +90m from now; or RFC 3339
  an amount   12.50, 1,234.50 or €12.50; digits alone (1250) count the currency's minor units, such as cents

Exit status: 0 done, 1 refused, 2 usage, 3 broken.

The manual: `man auction-manual`, or /help on the pages of a running house.

Examples:
  auction serve --demo
  auction house show
  auction report")]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args, Clone)]
struct Common {
    /// The house's directory [default: the platform's data directory for `auction`]
    #[arg(long, global = true, env = "AUCTION_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The form of data on stdout [default: text]
    #[arg(long, global = true, value_enum, env = "AUCTION_FORMAT")]
    format: Option<Format>,
    /// Print data and errors only
    #[arg(short, long, global = true)]
    quiet: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(Box<serve::Serve>),
    /// Decide the winners of listings that have closed; the scheduler runs this
    Settle(settle::Settle),
    /// Listings: add, show, list, cancel, import
    #[command(subcommand, after_help = "Example:\n  auction listing list --state open")]
    Listing(listing::Listing),
    /// Sales: drafts of lots, published together, closed one after the other
    #[command(subcommand, after_help = "Example:\n  auction sale list")]
    Sale(sale::Sale),
    /// Guests of a sale: their numbers and PINs
    #[command(subcommand, after_help = "Example:\n  auction bidder list spring")]
    Bidder(bidder::Bidder),
    /// The desk of a sale: passes for its staff, and what their tills have taken
    #[command(subcommand, after_help = "Example:\n  auction desk report spring")]
    Desk(desk::Desk),
    /// Accounts and their money
    #[command(subcommand, after_help = "Example:\n  auction account list")]
    Account(account::Account),
    /// Bills: what people were charged, what of it is paid, and their payments
    #[command(subcommand, after_help = "Example:\n  auction bill list --unpaid")]
    Bill(bill::BillCommand),
    Report(report::Report),
    /// Undo a sale: the money goes back, and the record keeps both
    Reverse(reverse::Reverse),
    /// Entries in the operating system's scheduler
    #[command(subcommand, after_help = "Example:\n  auction scheduler list")]
    Scheduler(scheduler::Scheduler),
    /// Check everything that the house depends on; exit status 1 if something is wrong
    Doctor(doctor::Doctor),
    /// Recompute all chains, prices, balances and holds, and compare the schema; exit status 1 at the first
    /// disagreement
    #[command(after_help = "Example:\n  auction audit")]
    Audit,
    /// Rebuild a listing from its bids alone, step by step
    Replay(replay::Replay),
    /// Check a bidder's receipt against the history; exit status 1 if they disagree
    Verify(verify::Verify),
    /// Print listings, bids, the ledger, settlements, terms, acceptances or the log as CSV
    Export(export::Export),
    /// Show what staff changed: who, what, when and why
    Log(admin_log::Log),
    Backup(backup::Backup),
    Restore(backup::Restore),
    /// Settings of the house
    #[command(subcommand, after_help = "Example:\n  auction house show")]
    House(house::HouseCommand),
    /// The journal of a house on several machines
    #[command(subcommand, after_help = "Example:\n  auction journal status")]
    Journal(journal::Journal),
    /// Notifications by mail and webhook
    #[command(subcommand, after_help = "Example:\n  auction notify list")]
    Notify(notify::Notify),
    Completions(completing::Completions),
    /// Write the man pages into a directory: the commands in section 1, the manual in section 7
    Man(manual::Man),
}

/// How a command ended that did something.
enum Ending {
    Done,
    /// Something is not in order, or was refused among others; the words have been printed.
    Amiss,
}

/// Why a command did nothing, or did not come to its end.
enum Stop {
    Refused(Refusal),
    /// The thing named does not exist: the sentence.
    Missing(String),
    /// The input cannot be read: the sentence.
    Misused(String),
    Broken(anyhow::Error),
}

/// What every command returns.
type Ran = Result<Ending, Stop>;

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        match fault {
            Fault::Refused(refusal) => Stop::Refused(refusal),
            Fault::Broken(error) => Stop::Broken(error),
        }
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal)
    }
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Stop {
        Stop::Broken(error)
    }
}

impl Stop {
    /// Says why on stderr; the exit status.
    fn tell(self, common: &Common) -> u8 {
        let (words, status) = match self {
            Stop::Refused(refusal) => {
                let status = if let Refusal::JournalAway { .. } = refusal { 3 } else { 1 };
                (format!("{}{}", common.words(&refusal), hint(&refusal)), status)
            }
            Stop::Missing(words) => (words, 1),
            Stop::Misused(words) => (words, 2),
            Stop::Broken(error) => match error.downcast_ref::<Unopened>() {
                Some(why) => (why.to_string(), 1),
                None => (format!("{error:#}"), 3),
            },
        };
        complain(words);
        status
    }
}

/// Takes an empty environment variable for one that is not set: units and container files often pass such.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty =
        |arg: &clap::Arg| arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
    command
        .mut_args(|arg| if is_empty(&arg) { arg.env("").hide_env(true) } else { arg })
        .mut_subcommands(without_empty_variables)
}

/// Prints the sentence about what is not in order, after the data.
fn amiss(words: impl std::fmt::Display) -> Ending {
    complain(words);
    Ending::Amiss
}

/// Runs the program.
pub fn main() -> ExitCode {
    if completing::answer(Cli::command) {
        return ExitCode::SUCCESS;
    }
    let parsed = without_empty_variables(Cli::command()).try_get_matches();
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            if error.kind() == ErrorKind::MissingSubcommand {
                help_instead()
            } else {
                error.print().ok()
            };
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let out = Out::new(cli.common.format(), cli.common.quiet);
    // A server's log is set up by its settings.
    if !matches!(cli.command, Command::Serve(_)) {
        log::of_command(cli.common.quiet);
    }
    let common = cli.common.clone();
    match run(cli, &out) {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Amiss) => ExitCode::from(1),
        Err(stop) => ExitCode::from(stop.tell(&common)),
    }
}

/// Prints on stderr the help of the command that was named without one below it. A variable of the environment that
/// stands for an option keeps clap from doing so itself.
fn help_instead() -> Option<()> {
    let asked = std::env::args_os().chain([OsString::from("--help")]);
    let help = Cli::command().try_get_matches_from(asked).err()?;
    eprintln!("{}", help.render());
    Some(())
}

fn run(cli: Cli, out: &Out) -> Ran {
    let common = cli.common;
    match cli.command {
        Command::Serve(serve) => serve.run(&common, out),
        Command::Settle(settle) => settle.run(&common.open()?, out),
        Command::Listing(listing) => listing.run(&common.open()?, out),
        Command::Sale(sale) => sale.run(&common.open()?, out),
        Command::Bidder(bidder) => bidder.run(&common.open()?, out),
        Command::Desk(desk) => desk.run(&common.open()?, out),
        Command::Account(account) => account.run(&common, out),
        Command::Bill(bill) => bill.run(&common.open()?, out),
        Command::Report(report) => report.run(&common.open()?, out),
        Command::Reverse(reverse) => reverse.run(&common.open()?, out),
        Command::Scheduler(scheduler) => scheduler.run(&common.open()?, out),
        Command::Doctor(doctor) => doctor.run(&common.open()?, out),
        Command::Audit => audit::run(&common.open()?, out),
        Command::Replay(replay) => replay.run(&common.open()?, out),
        Command::Verify(verify) => verify.run(&common.open()?, out),
        Command::Export(export) => export.run(&common.open()?, out),
        Command::Log(log) => log.run(&common.open()?, out),
        Command::Backup(backup) => backup.run(&common.open()?, out),
        Command::Restore(restore) => restore.run(&common, out),
        Command::House(house) => house.run(&common, out),
        Command::Journal(journal) => journal.run(&common, out),
        Command::Notify(notify) => notify.run(&common.open()?, out),
        Command::Completions(completions) => completions.run(&Cli::command(), out),
        Command::Man(man) => man.run(Cli::command()),
    }
}

impl Common {
    /// Opens an existing house.
    fn open(&self) -> Result<House> {
        Ok(House::open(&self.dir()?, Opening::Existing, self.means()?)?.acting_as(os_user()))
    }

    /// Opens the house, or makes a new one.
    fn make(&self) -> Result<House> {
        Ok(House::open(&self.dir()?, Opening::Make, self.means()?)?.acting_as(os_user()))
    }

    /// The system's clock, and the journal if one is named.
    fn means(&self) -> Result<Means> {
        Ok(Means { clock: Clock::default(), keeper: self.keeper()? })
    }

    /// The journal that the environment names, or the data directory's file.
    fn keeper(&self) -> Result<Option<Arc<dyn Keeper>>> {
        config::journal(&self.dir()?)
    }

    /// The form of data. A file that cannot be read counts as none here: the command that needs it names the fault.
    fn format(&self) -> Format {
        let of_file = || config::read(&self.dir().ok()?).ok()?.format;
        self.format.or_else(of_file).unwrap_or(Format::Text)
    }

    /// A refusal's sentence, with amounts in the house's currency.
    fn words(&self, refusal: &Refusal) -> String {
        // Opens the house for amounts only, since a refusal should leave it untouched.
        let currency = || Some(self.open().ok()?.settings().ok()?.currency());
        let has_amounts = match refusal {
            Refusal::Invalid(faults) => faults.iter().any(|fault| fault.figure != Figure::None),
            other => matches!(
                other,
                Refusal::BidTooLow { .. } | Refusal::InsufficientFunds { .. } | Refusal::NotCovered { .. }
            ),
        };
        match has_amounts.then(currency).flatten() {
            Some(currency) => refusal.words_in(&currency),
            None => refusal.to_string(),
        }
    }

    fn dir(&self) -> Result<PathBuf> {
        if let Some(dir) = &self.data_dir {
            return Ok(dir.clone());
        }
        usual_dir().context("this user has no home directory; name the house's with --data-dir")
    }
}

/// The directory of the house unless another is named; none for a user without a home directory.
fn usual_dir() -> Option<PathBuf> {
    Some(directories::ProjectDirs::from("", "", "auction")?.data_dir().to_owned())
}

/// The user of the operating system who gave the command, with the one who became it by sudo.
fn os_user() -> Actor {
    let user = whoami::username().unwrap_or_else(|_| "unknown".into());
    let before = std::env::var("SUDO_USER").ok().filter(|before| !before.is_empty() && *before != user);
    let name = before.map_or(user.clone(), |before| format!("{user} (sudo: {before})"));
    Actor::User(name.chars().filter(|c| !c.is_control()).take(60).collect::<String>().into())
}

/// Ends a command that is one verb of the house: `print` shows what was done.
fn finish<T>(answer: Answer<T>, print: impl FnOnce(T) -> Result<()>) -> Ran {
    print(answer?)?;
    Ok(Ending::Done)
}

/// What an admin can do about a refusal.
fn hint(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::ClockJumped { .. } => {
            " Set the clock right; if it is right, run `auction doctor --accept-clock`."
        }
        Refusal::JournalAway { .. } => " See `auction journal status`.",
        Refusal::Similar(_) => " If it is somebody else, register them with --anyway.",
        _ => "",
    }
}
