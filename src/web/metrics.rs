//! `/metrics`: what an operator wants to see, as Prometheus reads it.

use super::app::App;
use super::problem::Outcome;
use super::reply::Reply;
use crate::house::doctor::{Figures, Lateness};
use crate::house::pulse::Pulse;

pub fn show(app: &App) -> Outcome<Reply> {
    let Figures { n_open, n_overdue, n_pending, heartbeat_age_s, pulse, lateness, outbox, outbox_age_s } =
        app.house.figures()?;
    let gauges = [
        ("auction_watchers", "Browsers that follow the events.", Some(app.hub.n_watchers() as i64)),
        ("auction_listings_open", "Listings that are not settled.", Some(n_open)),
        ("auction_listings_overdue", "Listings past their close that are not settled yet.", Some(n_overdue)),
        ("auction_entries_pending", "Deadlines that the OS scheduler was not seen to hold.", Some(n_pending)),
        (
            "auction_sweep_heartbeat_age_seconds",
            "Seconds since the OS scheduler last ran the sweep; absent until it did.",
            heartbeat_age_s,
        ),
        (
            "auction_outbox_age_seconds",
            "Age of the oldest notice that was not delivered yet; 0 if there is none.",
            Some(outbox_age_s),
        ),
        ("auction_outbox_waiting", "Notices that were not delivered yet.", Some(outbox.n_waiting)),
        ("auction_outbox_parked", "Deliveries that were given up.", Some(outbox.n_parked)),
    ];
    let mut text = String::new();
    for (name, help, value) in gauges {
        text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} gauge\n"));
        if let Some(value) = value {
            text.push_str(&format!("{name} {value}\n"));
        }
    }
    text.push_str(&states(pulse));
    text.push_str(&lateness.map_or_else(String::new, quantiles));
    Ok(Reply::new(200, "text/plain; version=0.0.4; charset=utf-8", text))
}

/// One line a state, of which one is 1.
fn states(pulse: Option<Pulse>) -> String {
    const NAME: &str = "auction_scheduler_state";
    let mut text =
        format!("# HELP {NAME} Whether the OS scheduler runs this house's entries.\n# TYPE {NAME} gauge\n");
    for state in Pulse::NAMES {
        let holds = i32::from(pulse.is_some_and(|pulse| pulse.name() == state));
        text.push_str(&format!("{NAME}{{state=\"{state}\"}} {holds}\n"));
    }
    text
}

fn quantiles(late: Lateness) -> String {
    const NAME: &str = "auction_settle_lateness_seconds";
    let mut text = format!(
        "# HELP {NAME} From the close to the settlement, of the newest 10,000 settlements; quantile 1 is the latest.\n\
         # TYPE {NAME} summary\n"
    );
    for (quantile, ms) in [("0.5", late.p50_ms), ("0.99", late.p99_ms), ("1", late.max_ms)] {
        let (seconds, rest) = (ms.max(0) / 1_000, ms.max(0) % 1_000);
        text.push_str(&format!("{NAME}{{quantile=\"{quantile}\"}} {seconds}.{rest:03}\n"));
    }
    text + &format!("{NAME}_count {}\n", late.n)
}
