//! `auction journal`: the house on several machines.

use super::out::Out;
use super::{Common, Ending, Ran, amiss};
use crate::house::care::journal::{self, Standing};
use crate::store::clock::Clock;
use crate::store::fault::Unopened;
use clap::Subcommand;
use serde_json::json;

#[derive(Subcommand)]
pub enum Journal {
    /// Give this house the journal that journal_url names: from then on it may live on several machines
    ///
    /// Stop the server first. The database's role must own it. Once it is done, start the server again, and on each further
    /// machine, with an empty data directory and the same auction.toml, another one.
    #[command(after_help = "Example:\n  auction journal start")]
    Start,
    /// Make this machine's copy the whole house again; the others repeat that and then refuse to write
    #[command(after_help = "Example:\n  auction journal stop")]
    Stop,
    /// Show how far this copy has come, which machines follow, who has the turn, and whether a standby is in sync
    ///
    /// Exit status 1 where the loss of one machine could lose what was acknowledged.
    #[command(after_help = "Examples:\n  auction journal status\n  auction journal status --format json")]
    Status,
}

impl Journal {
    pub fn run(&self, common: &Common, out: &Out) -> Ran {
        let dir = common.dir()?;
        let no_name = || {
            Unopened("No journal is named: write journal_url to auction.toml in the data directory.".into())
        };
        let keeper = common.keeper()?.ok_or_else(|| anyhow::Error::from(no_name()))?;
        match self {
            Journal::Start => {
                let is_new = journal::start(&dir, &*keeper, Clock::default())?;
                out.done(&json!({"started": is_new}), || {
                    let words = if is_new {
                        "the house has its journal now"
                    } else {
                        "the house has its journal already"
                    };
                    words.to_owned()
                })?;
            }
            Journal::Stop => {
                let is_new = journal::stop(&dir, &*keeper)?;
                out.done(&json!({"stopped": is_new}), || {
                    let words = if is_new {
                        "this copy is the whole house now; take journal_url out of auction.toml before it is served"
                    } else {
                        "the house has no journal"
                    };
                    words.to_owned()
                })?;
            }
            Journal::Status => {
                let standing = journal::standing(&dir, &*keeper)?;
                out.done(&data(&standing), || words(&standing))?;
                if let Some(weakness) = standing.weakness() {
                    return Ok(amiss(weakness));
                }
            }
        }
        Ok(Ending::Done)
    }
}

fn data(standing: &Standing) -> serde_json::Value {
    let nodes: Vec<_> = standing
        .status
        .nodes
        .iter()
        .map(|node| json!({"name": node.name, "through": node.through, "seen_at": node.seen_at, "version": node.version}))
        .collect();
    json!({
        "through": standing.through,
        "behind": standing.behind(),
        "nodes": nodes,
        "turn": standing.status.turn,
        "standby": standing.status.standby.name(),
    })
}

fn words(standing: &Standing) -> String {
    let status = &standing.status;
    let mut lines = vec![
        format!("this copy holds {} pages; behind by {}", standing.through, standing.behind()),
        format!("turn: {}", status.turn.as_deref().unwrap_or("nobody")),
        format!("standby: {}", status.standby.name()),
    ];
    for node in &status.nodes {
        lines.push(format!(
            "{}: {} pages, seen {}, auction {}",
            node.name, node.through, node.seen_at, node.version
        ));
    }
    lines.join("\n")
}
