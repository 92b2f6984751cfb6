//! The post: carries deliveries from the outbox out of the house, by mail and to a webhook. The server does it on threads of
//! its own, `auction settle` after it has settled, so that nothing is lost while no server runs.
//!
//! Nothing is sent inside a transaction, and nothing waits for what is sent: who hangs holds up its own way only.

pub mod config;
pub mod letter;
pub mod mail;
mod unlinked;
pub mod webhook;

use crate::house::House;
use crate::house::notices::outbox::{Round, Trouble};
use crate::house::settings::Settings;
use crate::rules::notice::Channel;
use crate::rules::time::Time;
use crate::store::outbox::{Delivery, DeliveryState};
use anyhow::Result;
use mail::Mail;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use webhook::Webhook;

/// The server looks into the outbox this often,
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// and this often whether it ends.
const NAP: Duration = Duration::from_millis(50);
/// What is due is sent one after the other for so long; then it is looked again what is due.
const ROUND: Duration = Duration::from_secs(60);
/// `settle` begins no sending after so long,
const SETTLE_SENDS: Duration = Duration::from_secs(10);
/// and does not wait for one under way for longer than this in all.
const SETTLE_WAITS: Duration = Duration::from_secs(20);

/// Who takes deliveries out of the house.
pub enum Carrier {
    Mail(Mail),
    Webhook(Webhook),
}

impl Carrier {
    pub fn channel(&self) -> Channel {
        match self {
            Carrier::Mail(_) => Channel::Mail,
            Carrier::Webhook(_) => Channel::Webhook,
        }
    }

    /// Whether somebody is there; asked once before the first sending of a round.
    fn greet(&self) -> Result<(), Trouble> {
        match self {
            Carrier::Mail(mail) => mail.greet(),
            Carrier::Webhook(_) => Ok(()),
        }
    }

    fn carry(&self, delivery: &Delivery, settings: &Settings, now: Time) -> Result<(), Trouble> {
        match self {
            Carrier::Mail(mail) => mail.send(delivery, settings.public_url()),
            Carrier::Webhook(webhook) => webhook.post(delivery, now),
        }
    }
}

/// Starts a thread for each carrier; they end soon after `ended`, when what is under way is done.
pub fn serve(house: &House, carriers: Vec<Carrier>, ended: &Arc<AtomicBool>) -> Result<Vec<JoinHandle<()>>> {
    let start = |carrier: Carrier| {
        let (house, ended) = (house.clone(), ended.clone());
        let name = format!("post-{}", carrier.channel().name());
        Ok(std::thread::Builder::new().name(name).spawn(move || keep_carrying(&house, &carrier, &ended))?)
    };
    carriers.into_iter().map(start).collect()
}

/// Delivers what is due now, but waits no longer than 20 s: for a command that has done its work.
pub fn deliver_once(house: &House, carriers: Vec<Carrier>) {
    let by = Instant::now() + SETTLE_WAITS;
    let (tell, told) = mpsc::channel::<()>();
    for carrier in carriers {
        let (house, tell) = (house.clone(), tell.clone());
        std::thread::spawn(move || {
            log_failure(
                &carrier,
                round(&house, &carrier, Instant::now() + SETTLE_SENDS, &AtomicBool::new(false)),
            );
            drop(tell);
        });
    }
    drop(tell);
    // Nothing is said; the last carrier to be done hangs up.
    told.recv_timeout(by.saturating_duration_since(Instant::now())).ok();
}

fn keep_carrying(house: &House, carrier: &Carrier, ended: &AtomicBool) {
    let mut look_at = Instant::now();
    while !ended.load(Ordering::Relaxed) {
        if Instant::now() >= look_at {
            log_failure(carrier, round(house, carrier, Instant::now() + ROUND, ended));
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

/// Delivers what is due, unless another process is at it.
fn round(house: &House, carrier: &Carrier, until: Instant, ended: &AtomicBool) -> Result<()> {
    let channel = carrier.channel();
    let Some(round) = house.begin_round(channel)? else {
        return Ok(());
    };
    house.gather(&round, channel, letter::compose)?;
    let mut is_greeted = false;
    while Instant::now() < until && !ended.load(Ordering::Relaxed) {
        let Some(delivery) = house.next_delivery(&round, channel)? else {
            return Ok(());
        };
        let greeted = if is_greeted { Ok(()) } else { carrier.greet() };
        is_greeted = true;
        let settings = house.settings()?;
        let carried = greeted.and_then(|()| carrier.carry(&delivery, &settings, house.now()));
        record_attempt(house, &round, &delivery, carried)?;
    }
    Ok(())
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
