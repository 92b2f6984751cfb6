//! The container: the last stage of its file is carried out, line by line, in a small Debian in the place of a builder, and
//! then run as the file says. A real cron runs in it, and the house hears of it.
#![cfg(target_os = "linux")]

use crate::harness::until;
use crate::small_debian::SmallDebian;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::thread::park_timeout;
use std::time::{Duration, Instant};

/// The sweep runs at the next full minute but one, at the latest.
const PROVEN_WITHIN: Duration = Duration::from_secs(180);

/// What the container file says of the image.
#[derive(Default)]
struct Image {
    env: Vec<String>,
    entrypoint: Vec<String>,
    health: Vec<String>,
}

impl Image {
    fn build(debian: &SmallDebian) -> Image {
        let file = fs::read_to_string(top().join("packaging/container/Containerfile")).unwrap();
        let (_, last) = file.rsplit_once("\nFROM ").unwrap();
        let base = file.lines().find_map(|line| line.strip_prefix("ARG SYSTEM=")).unwrap();
        assert!(base.contains("/debian:bookworm-slim@"), "the small Debian is no stand-in for {base}");
        assert_eq!(last.lines().next(), Some("${SYSTEM}"));
        let mut image = Image::default();
        for line in last.replace("\\\n", " ").lines().skip(1).filter(|line| !line.starts_with('#')) {
            let (word, rest) = line.split_once(' ').unwrap();
            match word {
                "RUN" => drop(debian.sh(rest)),
                "COPY" => copy(debian, rest),
                "ENV" => image.env.push(rest.to_owned()),
                "ENTRYPOINT" => image.entrypoint = list(rest),
                "HEALTHCHECK" => image.health = list(rest.split_once("CMD ").unwrap().1),
                "VOLUME" | "EXPOSE" => {}
                other => panic!("{other} is not known here"),
            }
        }
        image
    }

    fn command<'a>(&'a self, what: &'a [String], more: &[&'a str]) -> Vec<&'a str> {
        let env = self.env.iter().map(String::as_str);
        ["env"]
            .into_iter()
            .chain(env)
            .chain(what.iter().map(String::as_str))
            .chain(more.iter().copied())
            .collect()
    }
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn list(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap()
}

fn copy(debian: &SmallDebian, words: &str) {
    let mut words: Vec<&str> = words.split(' ').collect();
    let to = words.pop().unwrap();
    let from_build = words[0].starts_with("--from=");
    let sources: Vec<&Path> = if from_build {
        vec![env!("CARGO_BIN_EXE_auction").as_ref()]
    } else {
        words.iter().map(Path::new).collect()
    };
    for source in sources {
        let name = source.file_name().unwrap();
        fs::copy(top().join(source), debian.shared().join(name)).unwrap();
        debian.run(&["cp", &format!("/mnt/{}", name.to_str().unwrap()), to]);
    }
}

/// A tag may name another image tomorrow.
#[test]
fn the_images_that_it_is_made_from_are_named_by_digest() {
    let file = fs::read_to_string(top().join("packaging/container/Containerfile")).unwrap();
    for image in ["BUILDER", "SYSTEM"] {
        let named = file.lines().find_map(|line| line.strip_prefix(&format!("ARG {image}="))).unwrap();
        let digest = named.split_once("@sha256:").unwrap_or_else(|| panic!("{named} has no digest")).1;
        assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{named}");
    }
    let from: Vec<&str> = file.lines().filter_map(|line| line.strip_prefix("FROM ")).collect();
    assert_eq!(from, ["${BUILDER} AS build", "${SYSTEM}"]);
}

#[test]
fn the_container_serves_keeps_deadlines_by_its_own_cron_and_ends_in_order() {
    let debian = SmallDebian::boot();
    let mut image = Image::build(&debian);
    image.env = vec!["AUCTION_LISTEN=127.0.0.1:0".into()];
    let start = image.command(&image.entrypoint, &["--scheduler", "auto"]);
    let mut server = debian.command(&start).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on http://").expect("the server says where");
    let env = [format!("AUCTION_LISTEN={address}")];
    let health: Vec<&str> =
        ["env", env[0].as_str()].into_iter().chain(image.health.iter().map(String::as_str)).collect();

    assert_eq!(debian.run(&["auctionctl", "house", "set", "currency", "EUR"]), "currency is EUR\n");
    let began = Instant::now();
    loop {
        let told = debian.run(&health);
        if told.contains("\"proven_at\":\"") {
            break;
        }
        assert!(began.elapsed() < PROVEN_WITHIN, "{told}");
        park_timeout(Duration::from_millis(500));
    }
    debian.sh("kill -TERM $(pidof tini)");
    assert!(until("the container ends", || server.try_wait().unwrap()).success());
    assert!(!debian.try_run(&health).status.success(), "nobody is there any more, and it is called healthy");
}
