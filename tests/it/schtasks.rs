//! The tasks of a house as the Windows Task Scheduler is given them, with a stand-in for the program `schtasks`, which takes a
//! task only if its XML keeps to the published schema (tests/windows/task-subset.xsd, checked by xmllint).

use crate::harness::{House, put_script, run, until};
use serde_json::json;
use std::fs;
use std::process::Command;

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/windows/task-subset.xsd");
const SERVER_TASK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/windows/server.xml");

/// Keeps each task's XML in UTF-8, in a file of the task's name; says nothing that could be parsed.
const STAND_IN: &str = r#"#!/bin/sh
PATH=/usr/bin:/bin
cd "$(dirname "$0")"
verb=$1
while [ $# -gt 0 ]; do
  case "$1" in
    /TN) name=$(printf %s "$2" | tr '\\' '_'); shift ;;
    /XML) file=$2 ;;
  esac
  shift
done
case "$verb" in
  /Create)
    [ "$(head -c 2 "$file" | od -An -tx1 | tr -d ' ')" = fffe ] || { echo no mark >> wrong; exit 1; }
    iconv -f UTF-16 -t UTF-8 "$file" | sed '1s/UTF-16/UTF-8/' > new
    xmllint --noout --nonet --schema 'SCHEMA' new 2>> wrong >&2 || exit 1
    mv new "$name" ;;
  /Delete) rm "$name" 2>/dev/null || exit 1 ;;
  /Query) [ -z "$name" ] || cat "$name" 2>/dev/null || exit 1 ;;
esac
"#;

fn tasks(house: &House) -> Vec<String> {
    let files =
        fs::read_dir(house.bin()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut tasks: Vec<String> = files
        .filter_map(|name| Some(name.strip_prefix("_Auction_")?.split_once('_')?.1.to_owned()))
        .collect();
    tasks.sort();
    tasks
}

#[test]
fn each_task_keeps_to_the_schema_and_goes_with_its_listing() {
    let mut house = House::bare();
    put_script(&house.bin().join("schtasks"), &STAND_IN.replace("SCHEMA", SCHEMA));
    house.add("Ann");
    house.serve_by("schtasks");
    let ann = house.log_in("Ann");
    let later = house.list(&ann, json!({"closes_in_s": 7_200}));
    let soon = house.list(&ann, json!({"closes_in_s": 8}));
    until("the entry is armed", || (house.listing(later)["entry"] == "armed").then_some(()));
    let wrong = fs::read_to_string(house.bin().join("wrong")).unwrap_or_default();
    assert!(wrong.lines().all(|line| line.ends_with(" validates")), "{wrong}");
    until("the tasks stand", || tasks(&house).contains(&format!("settle-{later}")).then_some(()));
    let told = house.told(&["scheduler", "list"]);
    assert_eq!(
        (&told["scheduler"], &told["sweep"], &told["reboot"]),
        (&json!("schtasks"), &json!(true), &json!(true))
    );

    until("the near one is settled", || (house.listing(soon)["state"] == "unsold").then_some(()));
    assert!(tasks(&house).contains(&format!("settle-{soon}")), "till the sweep");
    house.run(&["settle", "--due"]).done();
    until("its task is gone", || (!tasks(&house).contains(&format!("settle-{soon}"))).then_some(()));
    house.stop();
    house.run(&["scheduler", "clear"]).done();
    assert_eq!(tasks(&house), [""; 0]);
}

#[test]
fn the_task_for_the_server_itself_keeps_to_the_schema() {
    run(Command::new("xmllint").args(["--noout", "--nonet", "--schema", SCHEMA, SERVER_TASK]), "").done();
    let text = fs::read_to_string(SERVER_TASK).unwrap();
    assert!(text.contains("<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>"), "a server runs for ever");
}
