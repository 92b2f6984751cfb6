//! What a benchmark says: printed, and kept under `target/bench/`, where `report.md` joins the newest run of each.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

static SAID: Mutex<String> = Mutex::new(String::new());

/// One line.
pub fn say(words: impl std::fmt::Display) {
    println!("{words}");
    let mut said = SAID.lock().expect("nobody panics here");
    writeln!(said, "{words}").expect("a string takes all");
}

/// Ends the benchmark `name`: what it said goes into the report.
pub fn keep(name: &str) {
    let folder = folder();
    fs::create_dir_all(&folder).expect("a folder");
    let said = std::mem::take(&mut *SAID.lock().expect("nobody panics here"));
    fs::write(folder.join(format!("{name}.txt")), said).expect("write");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .expect("the folder")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".txt").map(str::to_owned))
        .collect();
    names.sort();
    let mut report = format!("# Measured\n\n{}\n", machine());
    for name in names {
        let said = fs::read_to_string(folder.join(format!("{name}.txt"))).expect("read");
        write!(report, "\n## {name}\n\n```text\n{said}```\n").expect("a string takes all");
    }
    fs::write(folder.join("report.md"), report).expect("write");
}

fn folder() -> PathBuf {
    // target/release/deps/NAME-HASH
    let program = std::env::current_exe().expect("a program");
    let target = program.ancestors().nth(3).expect("in a target folder");
    target.join("bench")
}

/// The processor, its cores, the system.
fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let processors = read("/proc/cpuinfo");
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("");
    let model = model.trim_start_matches(['\t', ' ', ':']);
    let cores = std::thread::available_parallelism().map_or(0, |n| n.get());
    let kernel = read("/proc/sys/kernel/osrelease");
    format!("{cores} cores of {model}, Linux {}, load on the same machine.", kernel.trim())
}
