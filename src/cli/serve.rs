//! `auction serve`: runs the server, by flags, environment and `auction.toml`, until a signal ends it.

use super::config::{self, File};
use super::demo::Demo;
use super::log::{self, ServerLog};
use super::out::{Format, Out};
use super::sign_on;
use super::{Common, Ending, Ran};
use crate::gate::network::Network;
use crate::house::House;
use crate::house::closing::background;
use crate::house::closing::demo::BY_DEMO;
use crate::notifications::config::{Config, Entries};
use crate::notifications::{self, carrier::Carrier};
use crate::scheduler::{Choice, Scheduler};
use crate::store::Means;
use crate::web::phone_address::phone_addresses;
use crate::web::serve::{Server, Serving};
use anyhow::{Context, Result};
use clap::Args;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing_subscriber::filter::Targets;

/// Signals that end a server; SIGHUP is a closed terminal's.
#[cfg(unix)]
const SIGNALS: [i32; 3] =
    [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT, signal_hook::consts::SIGHUP];
#[cfg(not(unix))]
const SIGNALS: [i32; 2] = [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT];

/// The most addresses of the machine that are printed: the first is the likeliest.
const MAX_SHOWN: usize = 3;

const USUAL_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8_080);

#[derive(Args)]
#[command(
    after_help = "Examples:\n  auction serve --demo\n  auction --data-dir /var/lib/auction serve --listen 0.0.0.0:8080"
)]
pub struct Serve {
    /// Address and port to listen on; port 0 picks a free one [default: 127.0.0.1:8080]
    #[arg(long, env = "AUCTION_LISTEN", value_name = "ADDRESS", value_parser = address)]
    listen: Option<SocketAddr>,
    /// The scheduler that keeps the deadlines: auto, cron, schtasks, systemd, none; the house remembers it for commands
    /// beside the server [default: auto]
    #[arg(long, env = "AUCTION_SCHEDULER")]
    scheduler: Option<Choice>,
    /// Proxies that are trusted to name the client's address: addresses, or ranges such as 172.16.0.0/12, separated by
    /// commas. Name only the proxies' own network, never one that guests are in: they would be trusted, too
    #[arg(long, env = "AUCTION_TRUSTED_PROXY", value_name = "ADDRESS", value_delimiter = ',')]
    trusted_proxy: Vec<Network>,
    /// The log level: error, warn, info, debug, trace, or levels by target such as info,request=off [default: info]
    #[arg(long, env = "AUCTION_LOG", value_name = "LEVEL", value_parser = log::level)]
    log: Option<Targets>,
    /// The form of the log [default: text]
    #[arg(long, value_enum, env = "AUCTION_LOG_FORMAT")]
    log_format: Option<Format>,
    /// Serve a demo house with people, listings and a robot that bids, in the currency and the language of your locale: in
    /// a temporary folder that is removed at the end, or in the directory of --data-dir, where it stays
    #[arg(long)]
    demo: bool,
}

/// Reads an address or a host name, with a port.
fn address(text: &str) -> Result<SocketAddr, String> {
    let found = text.to_socket_addrs().map_err(|error| error.to_string())?.next();
    found.ok_or_else(|| "this name has no address".to_owned())
}

impl Serve {
    pub fn run(&self, common: &Common, out: &Out) -> Ran {
        let end = Arc::new(AtomicBool::new(false));
        for signal in SIGNALS {
            signal_hook::flag::register(signal, end.clone()).context("listen for signals")?;
        }
        if self.demo {
            return self.run_demo(common, out, &end);
        }
        let dir = common.dir()?;
        let file = config::read(&dir)?;
        let carriers = Carrier::of(&config::notifications(&dir)?)?;
        let log = self.begin_log(&file, out)?;
        let mut server = Server::start(Serving {
            dir: &dir,
            listen: self.listen.or(file.listen).unwrap_or(USUAL_ADDRESS),
            scheduler: self.scheduler.or(file.scheduler),
            is_demo: false,
            means: common.means()?,
            sign_on: sign_on::client(&dir)?,
            lost_lines: Some(log.lost_lines.clone()),
            trusted_proxies: if self.trusted_proxy.is_empty() {
                file.trusted_proxy
            } else {
                self.trusted_proxy.clone()
            },
        })?;
        begin_to_deliver(&mut server, carriers, &end)?;
        announce(&server)?;
        match server.scheduler {
            Scheduler::None => tracing::warn!("{}", server.scheduler_words),
            // The log has said already that cron is not there yet, and what to do.
            _ if server.house.lacks_daemon()? => {}
            _ => out.say(&server.scheduler_words),
        }
        advise(&server.house, out)?;
        tell_manager();
        server.run(&end)?;
        Ok(Ending::Done)
    }

    fn begin_log(&self, file: &File, out: &Out) -> Result<ServerLog> {
        let of_file = || {
            let text = file.log.as_deref()?;
            Some(log::level(text).map_err(|words| anyhow::anyhow!("log = {text:?}: {words}")))
        };
        let level = self.log.clone().map(Ok).or_else(of_file).transpose()?;
        let format = self.log_format.or(file.log_format).unwrap_or(Format::Text);
        Ok(log::of_server(level, format, out.is_quiet()))
    }

    fn run_demo(&self, common: &Common, out: &Out, end: &Arc<AtomicBool>) -> Ran {
        let log = self.begin_log(&File::default(), out)?;
        let demo = Demo::make(common.data_dir.as_deref())?;
        let mut server = Server::start(Serving {
            dir: demo.dir(),
            listen: self.listen.unwrap_or(USUAL_ADDRESS),
            scheduler: demo.scheduler(self.scheduler)?,
            is_demo: true,
            means: Means::default(),
            sign_on: None,
            trusted_proxies: self.trusted_proxy.clone(),
            lost_lines: Some(log.lost_lines.clone()),
        })?;
        // A demo sends no mails, but browsers that ask for it are notified.
        begin_to_deliver(&mut server, Carrier::of(&Config::of(Entries::default(), |_| None))?, end)?;
        announce(&server)?;
        out.say(if server.scheduler.seems_to_run() { &server.scheduler_words } else { BY_DEMO });
        out.say(demo.words());
        let house = server.house.clone();
        let robot = demo.start_robot(&house, end.clone())?;
        let served = server.run(end);
        end.store(true, Ordering::Relaxed);
        robot.join().ok();
        demo.end(out);
        served?;
        Ok(Ending::Done)
    }
}

/// From here on, notices are written for these carriers and delivered.
fn begin_to_deliver(server: &mut Server, carriers: Vec<Carrier>, end: &Arc<AtomicBool>) -> Result<()> {
    let channels: Vec<_> = carriers.iter().map(Carrier::channel).collect();
    let keep = move |house: &House| Ok(house.keep_channels(&channels)?);
    server.accompany(background::write_soon(&server.house, end, keep)?.1.into_iter().collect());
    server.accompany(notifications::serve(&server.house, carriers, server.address, end)?);
    Ok(())
}

/// Prints the line that other programs wait for, then the addresses that phones can type. All of it is one write, because
/// a program that has read its line may close the pipe, and a second write would fail.
fn announce(server: &Server) -> Result<()> {
    let mut lines = format!("listening on http://{}\n", server.address);
    let addresses = phone_addresses(&server.house.settings()?, server.address);
    for address in addresses.iter().take(MAX_SHOWN) {
        lines.push_str(&format!("  phones open {address}\n"));
    }
    if addresses.is_empty() {
        let port = server.address.port();
        lines.push_str(&format!(
            "  only this computer can open it; for phones: auction serve --listen 0.0.0.0:{port}\n"
        ));
    }
    let mut stdout = std::io::stdout();
    stdout.write_all(lines.as_bytes()).and_then(|()| stdout.flush()).context("print")
}

/// Tells systemd, if it started the server, that requests are taken.
#[cfg(target_os = "linux")]
fn tell_manager() {
    if let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Ready]) {
        tracing::warn!(%error, "the service manager was not told that requests are taken");
    }
}

#[cfg(not(target_os = "linux"))]
fn tell_manager() {}

/// Tells the admin of a new house what to do next.
fn advise(house: &House, out: &Out) -> Result<()> {
    if !house.accounts()?.is_empty() {
        return Ok(());
    }
    let dir = house.dir().display();
    out.say(format!(
        "This house is new and empty. What to do next:\n  \
         1. auction --data-dir {dir} house set currency EUR        (while nobody has paid in)\n  \
         2. auction --data-dir {dir} account add --email you@example.org --name You\n  \
         3. auction --data-dir {dir} account credit you@example.org 50000 --why \"paid at the desk\"\n  \
         4. open the address above, log in, and list an item\n  \
         5. auction --data-dir {dir} doctor                         (is everything in order?)"
    ));
    Ok(())
}
