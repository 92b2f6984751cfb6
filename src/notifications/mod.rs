//! Notifications: deliveries from the outbox, sent by mail, to a webhook and to people's browsers. The server sends on threads of its own,
//! and `auction settle` sends after it has settled, so that people are notified while no server runs.
//!
//! Nothing is sent inside a transaction, and nothing waits for a delivery: a receiver that hangs delays its own channel
//! only.

mod asked;
pub mod carrier;
pub mod config;
pub mod draft;
pub mod dress;
pub mod letter;
pub mod mail;
pub mod push;
pub mod webhook;

use crate::house::House;
use crate::house::notices::outbox::{Round, Trouble};
use crate::store::logo::LogoForm;
use crate::store::outbox::{Delivery, DeliveryState};
use crate::text::brief::first_paragraph;
use anyhow::Result;
use carrier::{Carrier, Sender};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often the server looks into the outbox.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often it looks whether it should end.
const NAP: Duration = Duration::from_millis(50);
/// How long one round sends before it gathers again.
const ROUND: Duration = Duration::from_secs(60);
/// How long `settle` goes on starting deliveries.
const SETTLE_SENDS: Duration = Duration::from_secs(10);
/// How long `settle` waits in all, for a delivery under way too.
const SETTLE_WAITS: Duration = Duration::from_secs(20);

/// Starts a thread for each carrier. Each ends soon after `ended` is set, once its delivery under way is done. Links in
/// mails begin with the house's `public_url`, or with the `address` of the server where there is none.
pub fn serve(
    house: &House,
    carriers: Vec<Carrier>,
    address: SocketAddr,
    ended: &Arc<AtomicBool>,
) -> Result<Vec<JoinHandle<()>>> {
    let start = |carrier: Carrier| {
        let (house, ended) = (house.clone(), ended.clone());
        let name = format!("post-{}", carrier.channel().name());
        let keep = move || keep_carrying(&house, &carrier, &base_at(address), &ended);
        Ok(std::thread::Builder::new().name(name).spawn(keep)?)
    };
    carriers.into_iter().map(start).collect()
}

/// Delivers what is due now, for a command that has done its work. Returns after 20 s at most.
pub fn deliver_once(house: &House, carriers: Vec<Carrier>) {
    let by = Instant::now() + SETTLE_WAITS;
    let (busy, all_done) = mpsc::channel::<()>();
    for carrier in carriers {
        let (house, busy) = (house.clone(), busy.clone());
        std::thread::spawn(move || {
            log_failure(
                &carrier,
                round(&house, &carrier, None, Instant::now() + SETTLE_SENDS, &AtomicBool::new(false)),
            );
            drop(busy);
        });
    }
    drop(busy);
    // Nothing is ever sent: the last carrier that finishes drops its end.
    all_done.recv_timeout(by.saturating_duration_since(Instant::now())).ok();
}

/// The address of a server for the machine that it runs on.
fn base_at(address: SocketAddr) -> String {
    match address.ip().is_unspecified() {
        true => format!("http://localhost:{}", address.port()),
        false => format!("http://{address}"),
    }
}

fn keep_carrying(house: &House, carrier: &Carrier, base: &str, ended: &AtomicBool) {
    let mut look_at = Instant::now();
    while !ended.load(Ordering::Relaxed) {
        if Instant::now() >= look_at {
            log_failure(carrier, round(house, carrier, Some(base), Instant::now() + ROUND, ended));
            look_at = Instant::now() + LOOK_EVERY;
        }
        std::thread::sleep(NAP);
    }
}

fn log_failure(carrier: &Carrier, done: Result<()>) {
    if let Err(error) = done {
        tracing::error!(way = carrier.channel().name(), error = format!("{error:#}"), "deliver");
    }
}

/// Delivers what is due, unless another process is delivering by this channel. Without `base` and `public_url`, mails with
/// links are left to a server.
fn round(
    house: &House,
    carrier: &Carrier,
    base: Option<&str>,
    until: Instant,
    ended: &AtomicBool,
) -> Result<()> {
    let channel = carrier.channel();
    let Some(round) = house.begin_round(channel)? else {
        return Ok(());
    };
    if let Carrier::Push(pusher) = carrier {
        return push::round(house, &round, pusher, until, ended);
    }
    let is_mail = matches!(carrier, Carrier::Mail(_));
    let public_url = if is_mail { house.settings()?.public_url().map(str::to_owned) } else { None };
    let base = public_url.as_deref().or(base);
    let sends_links = is_mail && base.is_some();
    if sends_links {
        gather_letters(house, &round)?;
    }
    house.gather(&round, channel, first_paragraph, letter::compose)?;
    let (mut sender, mut look_at) = (None, Instant::now() + LOOK_EVERY);
    while Instant::now() < until && !ended.load(Ordering::Relaxed) {
        // What somebody waits for does not wait until a long round of notices is over.
        if sends_links && Instant::now() >= look_at {
            gather_letters(house, &round)?;
            look_at = Instant::now() + LOOK_EVERY;
        }
        let Some(delivery) = house.next_delivery(&round, channel, base.is_some())? else {
            return Ok(());
        };
        let greeted = if sender.is_some() { Ok(()) } else { carrier.greet() };
        let sender = match &mut sender {
            Some(known) => known,
            none => none.insert(sender_of(house, carrier)?),
        };
        if let Err(trouble) = greeted {
            record_attempt(house, &round, &delivery, Err(trouble))?;
            continue;
        }
        let Some(sealed) = house.seal(&round, &delivery, base.unwrap_or_default())? else {
            tracing::info!(way = channel.name(), delivery = delivery.id, "dropped: its link is void");
            continue;
        };
        let carried = carrier.carry(&sealed.delivery, sender, house.now());
        record_attempt(house, &round, &delivery, carried.map_err(|trouble| sealed.without_token(trouble)))?;
    }
    Ok(())
}

fn gather_letters(house: &House, round: &Round) -> Result<()> {
    house.look_up_forgotten(round)?;
    Ok(house.gather_letters(round, asked::compose)?)
}

fn sender_of(house: &House, carrier: &Carrier) -> Result<Sender> {
    let Carrier::Mail(_) = carrier else {
        return Ok(Sender::default());
    };
    let settings = house.settings()?;
    let logo = settings.logo.as_ref().map(|logo| house.logo(LogoForm::Banner, &logo.hash)).transpose()?;
    Ok(Sender { public_url: settings.public_url().map(str::to_owned), logo: logo.flatten() })
}

fn record_attempt(
    house: &House,
    round: &Round,
    delivery: &Delivery,
    carried: Result<(), Trouble>,
) -> Result<()> {
    let (way, id, n_notices) = (delivery.channel.name(), delivery.id, delivery.n_notices);
    let Err(trouble) = carried else {
        house.delivered(round, delivery)?;
        tracing::info!(way, delivery = id, n_notices, "delivered");
        return Ok(());
    };
    let state = house.not_delivered(round, delivery, &trouble)?;
    match state {
        DeliveryState::Parked => tracing::error!(way, delivery = id, "given up: {}", trouble.words()),
        _ => tracing::warn!(way, delivery = id, "not delivered, trying again: {}", trouble.words()),
    }
    Ok(())
}
