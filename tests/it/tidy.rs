//! The rules of the house for its own source.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder, by its path from the repository's top.
fn rust_files(folder: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                files.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!files.is_empty(), "{folder} has no Rust files");
    files.sort();
    files
}

/// Lines of code: no comments, and nothing from a file's tests on.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]"));
    lines.enumerate().map(|(n, line)| (n + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Whether `word` stands in `line` by itself.
fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(part) && !line[at + word.len()..].starts_with(part))
}

/// Every line of code in `folders` that holds one of `words`, but for the files that may.
fn found(folders: &[&str], words: &[&str], may: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in folders.iter().flat_map(|folder| rust_files(folder)) {
        if may.iter().any(|may| name.starts_with(may)) {
            continue;
        }
        let lines = code(&text).filter(|(_, line)| words.iter().any(|word| has_word(line, word)));
        found.extend(lines.map(|(n, line)| format!("{name}:{n}: {}", line.trim())));
    }
    found
}

/// Pages and calls read by what the store's types say; they never open it or write to it.
#[test]
fn the_web_never_opens_the_store_nor_writes_to_it() {
    let wrong = found(
        &["src/web", "src/notifications", "src/text", "src/cli"],
        &["Store", "Tx", "Writer", "migrate"],
        &[],
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_clock_is_read_in_one_file() {
    let wrong = found(&["src"], &["Utc::now", "Local::now", "SystemTime::now"], &["src/store/clock.rs"]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_store_knows_sqlite() {
    let wrong = found(&["src"], &["rusqlite"], &["src/store/"]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_scheduler_starts_processes() {
    let wrong = found(&["src"], &["std::process::Command", "process::Command"], &["src/scheduler/"]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let grouped = found(&["src"], &["std::process::{"], &["src/scheduler/"]);
    assert!(grouped.iter().all(|line| !has_word(line, "Command")), "{grouped:?}");
}

#[test]
fn money_and_time_are_never_floats() {
    let wrong = found(&["src/rules", "src/store", "src/house"], &["f32", "f64"], &[]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_left_half_done() {
    let unfinished = ["todo!", "unimplemented!", "dbg!", "TODO", "FIXME"];
    let wrong = found(&["src"], &unfinished, &[]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (name, text) in rust_files("src").into_iter().chain(rust_files("tests")) {
        let ignored = text.lines().any(|line| line.trim_start().starts_with("#[ignore"));
        assert!(!ignored, "{name}: a test is ignored");
        let marked = text
            .lines()
            .any(|line| line.contains("//") && (line.contains("TODO:") || line.contains("FIXME:")));
        assert!(!marked || name.ends_with("tidy.rs"), "{name}: something is left to do");
    }
}

/// The compiler refuses `unsafe` everywhere but in the simulation, which watches SQLite's statements through its C interface.
#[test]
fn unsafe_code_is_forbidden_or_says_why_it_is_safe() {
    let manifest: toml::Table =
        toml::from_str(&fs::read_to_string(root().join("Cargo.toml")).unwrap()).unwrap();
    let lists = ["bin", "test", "bench"].into_iter().flat_map(|kind| manifest[kind].as_array().unwrap());
    for target in lists.chain([&manifest["lib"]]) {
        let path = target["path"].as_str().unwrap();
        let text = fs::read_to_string(root().join(path)).unwrap();
        let forbidden = text.lines().any(|line| line == "#![forbid(unsafe_code)]");
        assert!(forbidden || path == "tests/simulation/main.rs", "{path} does not forbid unsafe code");
    }
    for (name, text) in rust_files("tests/simulation") {
        let lines: Vec<&str> = text.lines().collect();
        for (n, line) in lines.iter().enumerate() {
            let is_unsafe = line.contains("unsafe {") && !line.trim_start().starts_with("//");
            let proven = lines[n.saturating_sub(4)..n].iter().any(|line| line.contains("SAFETY:"));
            assert!(!is_unsafe || proven, "{name}:{}: {line}", n + 1);
        }
    }
}

#[test]
fn every_file_says_what_it_is_for_and_stays_readable() {
    for (name, text) in rust_files("src") {
        assert!(text.starts_with("//!"), "{name} does not say what it is for");
        let n = text.lines().count();
        assert!(n <= 400, "{name} has {n} lines: split it by noun");
        for bad in ["utils", "helpers", "common"] {
            assert!(!name.contains(bad), "{name}: the name says nothing");
        }
    }
}

#[test]
fn the_top_level_holds_only_what_belongs_there() {
    let allowed =
        ["Cargo.toml", "Cargo.lock", "LICENSE", "README.md", "src", "sql", "packaging", "tests", "target"];
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name.starts_with('.') || allowed.contains(&name.as_str()), "{name} stands at the top level");
    }
}
