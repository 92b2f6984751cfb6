//! `auction notify`: deliveries that wait, were sent or were given up; and a test mail.

use super::out::{Out, table};
use super::{Ending, Ran, config, finish};
use crate::house::House;
use crate::notifications::mail::Mailer;
use crate::rules::refusal::Refusal;
use crate::store::outbox::{Delivery, DeliveryState};
use anyhow::Error;
use clap::Subcommand;
use serde_json::{Value, json};

#[derive(Subcommand)]
pub enum Notify {
    /// List the newest deliveries: those that wait, or with an option others
    #[command(after_help = "Examples:\n  auction notify list\n  auction notify list --parked --format json")]
    List {
        /// Those that were given up, each with its reason
        #[arg(long)]
        parked: bool,
        /// Those that were sent in the last week
        #[arg(long, conflicts_with = "parked")]
        sent: bool,
    },
    /// Try again what was given up
    #[command(after_help = "Examples:\n  auction notify retry --all\n  auction notify retry 17")]
    Retry {
        /// The delivery's number, as `notify list --parked` shows it
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        id: Option<i64>,
        /// Every delivery that was given up
        #[arg(long)]
        all: bool,
    },
    /// Send a test mail now, past the outbox, to see whether mail arrives
    #[command(after_help = "Example:\n  auction notify test you@example.org")]
    Test {
        /// Any address; the house need not know it
        #[arg(value_name = "ADDRESS")]
        to: String,
    },
}

impl Notify {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        match self {
            Notify::List { parked, sent } => {
                let state = match (parked, sent) {
                    (true, _) => DeliveryState::Parked,
                    (_, true) => DeliveryState::Sent,
                    _ => DeliveryState::Waiting,
                };
                list(house, out, state)
            }
            Notify::Retry { id, .. } => finish(house.retry_parked(*id), |n| {
                out.done(&json!({"retried": n}), || format!("{n} deliveries will be tried again"))
            }),
            Notify::Test { to } => try_out(house, out, to),
        }
    }
}

fn list(house: &House, out: &Out, state: DeliveryState) -> Ran {
    let deliveries = house.deliveries(Some(state))?;
    let views: Vec<Value> = deliveries.iter().map(view).collect();
    out.data(&views, || {
        let row = |delivery: &Delivery| {
            [
                delivery.id.to_string(),
                delivery.channel.name().to_owned(),
                delivery.email.clone().unwrap_or_default(),
                delivery.n_notices.to_string(),
                delivery.made_at.to_string(),
                delivery.n_tries.to_string(),
                delivery.next_at.to_string(),
                delivery.fault.clone().unwrap_or_default(),
            ]
        };
        let last = if state == DeliveryState::Waiting { "next try" } else { "last try" };
        table(["id", "way", "to", "notices", "made", "tries", last, "why not"], deliveries.iter().map(row))
    })?;
    Ok(Ending::Done)
}

/// A delivery without its text, which is its person's alone.
fn view(delivery: &Delivery) -> Value {
    json!({
        "id": delivery.id, "key": delivery.key, "way": delivery.channel, "to": delivery.email,
        "state": delivery.state.name(), "n_notices": delivery.n_notices, "since": delivery.since,
        "made_at": delivery.made_at, "n_tries": delivery.n_tries, "next_at": delivery.next_at,
        "fault": delivery.fault,
    })
}

fn try_out(house: &House, out: &Out, to: &str) -> Ran {
    let Some(settings) = config::notifications(house.dir())?.mail()? else {
        return Err(Refusal::NoWayForMails.into());
    };
    let tried = Mailer::of(&settings)?.try_out(to, &house.settings()?.name, house.now());
    tried.map_err(|trouble| Error::msg(trouble.words().to_owned()))?;
    out.done(&json!({"sent_to": to}), || format!("the server took a test mail to {to}"))?;
    Ok(Ending::Done)
}
