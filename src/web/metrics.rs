//! `/metrics` in the text format of Prometheus. `packaging/prometheus/` has the alerts and `packaging/grafana/` the
//! dashboard; a test compares their names with these.

use super::app::App;
use super::exposition::{CONTENT_TYPE, Exposition, Seconds};
use super::problem::Outcome;
use super::reply::Reply;
use super::request::Request;
use crate::house::care::disk_checks::Room;
use crate::house::care::doctor::{Figures, Lateness};
use crate::house::closing::following::Seen;
use crate::house::closing::heartbeat::HeartbeatState;
use crate::web::stats::{BOUNDS_US, Kind, Stats};

/// Shows the metrics.
pub fn show(app: &App, _: &Request) -> Outcome<Reply> {
    let figures = app.house.figures()?;
    let mut out = Exposition::default();
    deadlines(&mut out, &figures);
    states(&mut out, figures.heartbeat);
    clock(&mut out, &figures);
    lateness(&mut out, figures.lateness);
    out.family(
        "auction_bids_total",
        "counter",
        "Bids by how they ended: accepted, repeated, or a refusal's code.",
    );
    for (code, n) in app.stats.bids() {
        out.labelled("code", code, n);
    }
    requests(&mut out, &app.stats);
    out.family("auction_gate_refusals_total", "counter", "What the gate answered by itself, by status.");
    for (status, n) in app.refusals.each() {
        out.labelled("status", status, n);
    }
    server(&mut out, app);
    room(&mut out, figures.room);
    journal(&mut out, app.house.journal_seen());
    Ok(Reply::new(200, CONTENT_TYPE, out.into_text()))
}

fn deadlines(out: &mut Exposition, figures: &Figures) {
    out.gauge("auction_listings_open", "Listings that are not settled.", Some(figures.n_open));
    let help = "Listings of paused sales: they take no bids, and none of them closes.";
    out.gauge("auction_listings_paused", help, Some(figures.n_paused));
    let help = "Listings past their close that are not settled yet.";
    out.gauge("auction_listings_overdue", help, Some(figures.n_overdue));
    let help = "Deadlines that the OS scheduler was not seen to hold.";
    out.gauge("auction_entries_pending", help, Some(figures.n_pending));
    let help = "Seconds since the OS scheduler last ran the sweep; absent until it did.";
    out.gauge("auction_sweep_heartbeat_age_seconds", help, figures.heartbeat_age_s);
    let help = "Age of the oldest notice that was not delivered yet; 0 if there is none.";
    out.gauge("auction_outbox_age_seconds", help, Some(figures.outbox_age_s));
    out.gauge(
        "auction_outbox_waiting",
        "Notices that were not delivered yet.",
        Some(figures.outbox.n_waiting),
    );
    out.gauge("auction_passes_open", "Passes that open the desk of a sale.", Some(figures.n_passes));
    out.gauge("auction_outbox_parked", "Deliveries that were given up.", Some(figures.outbox.n_parked));
}

/// Of a house on several machines: how its journal is, one line for each state, and who follows; all 0 for any other house.
fn journal(out: &mut Exposition, seen: Option<Seen>) {
    let help = "How the journal is: away takes no bids, in_sync alone loses nothing.";
    out.family("auction_journal_state", "gauge", help);
    for state in Seen::NAMES {
        out.labelled("state", state, i32::from(seen.is_some_and(|seen| seen.name() == state)));
    }
    let (behind, n_nodes) = seen.map_or((0, 0), |seen| (seen.behind, seen.n_nodes));
    out.gauge("auction_journal_pages_behind", "Pages of the journal that this copy lacks.", Some(behind));
    out.gauge("auction_journal_nodes", "Machines that follow the journal.", Some(n_nodes));
}

/// Writes one line for each state; the current one has the value 1.
fn states(out: &mut Exposition, heartbeat: Option<HeartbeatState>) {
    out.family("auction_scheduler_state", "gauge", "Whether the OS scheduler runs this house's entries.");
    for state in HeartbeatState::NAMES {
        out.labelled("state", state, i32::from(heartbeat.is_some_and(|heartbeat| heartbeat.name() == state)));
    }
}

fn clock(out: &mut Exposition, figures: &Figures) {
    let help = "1 while the clock has jumped ahead, and bids, listings and settlements wait.";
    out.gauge("auction_clock_jumped", help, Some(i32::from(figures.has_clock_jumped)));
    let help = "Seconds that the machine's clock is ahead of the house's time; negative: behind it.";
    out.gauge("auction_clock_ahead_seconds", help, Some(figures.clock_ahead_s));
}

fn lateness(out: &mut Exposition, late: Option<Lateness>) {
    let Some(late) = late else { return };
    let help =
        "From the close to the settlement, of the newest 10,000 settlements; quantile 1 is the latest.";
    out.family("auction_settle_lateness_seconds", "summary", help);
    let seconds = |ms: i64| format!("{}.{:03}", ms.max(0) / 1_000, ms.max(0) % 1_000);
    for (quantile, ms) in [("0.5", late.p50_ms), ("0.99", late.p99_ms), ("1", late.max_ms)] {
        out.labelled("quantile", quantile, seconds(ms));
    }
    out.suffixed("_sum", "", seconds(late.sum_ms)).suffixed("_count", "", late.n);
}

fn requests(out: &mut Exposition, stats: &Stats) {
    out.family("auction_http_requests_total", "counter", "Requests answered, by the class of their status.");
    for (class, n) in (1..).zip(stats.by_class()) {
        out.labelled("class", format_args!("{class}xx"), n);
    }
    let help = "From a request's arrival behind the gate to its answer: reads, bids, other writes.";
    out.family("auction_http_request_duration_seconds", "histogram", help);
    for kind in Kind::ALL {
        let (durations, name) = (stats.durations(kind), kind.name());
        let counts = durations.cumulated();
        for (bound, n) in BOUNDS_US.into_iter().zip(counts) {
            let labels = format!("{{kind=\"{name}\",le=\"{}\"}}", Seconds { us: bound });
            out.suffixed("_bucket", &labels, n);
        }
        let (n, labels) = (counts[BOUNDS_US.len()], format!("{{kind=\"{name}\"}}"));
        out.suffixed("_bucket", &format!("{{kind=\"{name}\",le=\"+Inf\"}}"), n);
        out.suffixed("_sum", &labels, Seconds { us: durations.sum_us() }).suffixed("_count", &labels, n);
    }
}

fn server(out: &mut Exposition, app: &App) {
    out.gauge("auction_watchers", "Browsers that follow the events.", Some(app.hub.n_watchers()));
    let help = "Bids and other writes that wait for the one writer; at 4096 the house says busy.";
    out.gauge("auction_writer_queue_depth", help, Some(app.house.n_waiting()));
    out.family(
        "auction_log_lines_dropped_total",
        "counter",
        "Lines of the log that whoever reads it was too slow for.",
    );
    out.value(app.lost_lines.as_ref().map_or(0, |lost| lost.dropped_lines()));
    out.family("auction_build_info", "gauge", "Always 1; the version that runs.");
    out.labelled("version", env!("CARGO_PKG_VERSION"), 1);
    let help = "When this server started, in seconds of Unix time.";
    out.gauge("process_start_time_seconds", help, Some(app.started_at.0 / 1_000));
}

fn room(out: &mut Exposition, room: Room) {
    let Room { database_bytes, wal_bytes, free_bytes } = room;
    out.gauge("auction_database_bytes", "Size of the database's file.", database_bytes);
    out.gauge("auction_wal_bytes", "Size of its write-ahead log.", wal_bytes);
    out.gauge("auction_disk_free_bytes", "Room that is left where the house is.", free_bytes);
}
