//! The help of every command, read as a newcomer would: it shows an example that is right, and says what each argument is.

use super::Cli;
use clap::CommandFactory;

/// The words of an example as a shell would give them, up to a pipe or a redirection.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in line.chars() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (' ', None) => words.push(std::mem::take(&mut word)),
            (c, _) => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    let end = words.iter().position(|word| ["|", ">", "<", "&"].contains(&word.as_str()));
    words.truncate(end.unwrap_or(words.len()));
    words
}

/// What is wrong with the examples of a command and of those below it.
fn look(command: &clap::Command, name: &str, wrong: &mut Vec<String>) {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let lines = help.lines().filter(|line| line.starts_with("  "));
    let examples: Vec<&str> = lines.filter_map(|line| Some(&line[line.find("auction ")?..])).collect();
    if !help.contains("Example") || !examples.iter().any(|example| example.starts_with(name)) {
        wrong.push(format!("`{name} --help` shows no example of it"));
    }
    for example in examples {
        let words = words(example);
        let common = [&["--data-dir", "/srv/house"][..], &["--format", "json"], &["--quiet"]];
        let absent = common.into_iter().filter(|option| !words.iter().any(|word| word == option[0]));
        let common: Vec<String> = absent.flatten().map(ToString::to_string).collect();
        let before = [&words[..1], &common, &words[1..]].concat();
        let after = [&words[..], &common].concat();
        for words in [words, before, after] {
            if let Err(error) = Cli::command().try_get_matches_from(&words) {
                wrong.push(format!("`{}`: {error}", words.join(" ")));
            }
        }
    }
    for below in command.get_subcommands() {
        look(below, &format!("{name} {}", below.get_name()), wrong);
    }
}

#[test]
fn the_help_of_every_command_shows_an_example_that_is_right_with_the_common_options_anywhere() {
    let mut wrong = Vec::new();
    look(&Cli::command(), "auction", &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Cli::command().debug_assert();
}

/// The arguments without a word about them, of a command and of those below it.
fn unsaid(command: &clap::Command, name: &str, wrong: &mut Vec<String>) {
    for arg in command.get_arguments() {
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        if help.trim().is_empty() {
            wrong.push(format!("`{name} --help` does not say what {} is", arg.get_id()));
        }
    }
    if command.get_about().is_none_or(|about| about.to_string().trim().is_empty()) {
        wrong.push(format!("`{name} --help` does not say what it does"));
    }
    for below in command.get_subcommands() {
        unsaid(below, &format!("{name} {}", below.get_name()), wrong);
    }
}

#[test]
fn the_help_of_every_command_says_what_it_does_and_what_each_argument_is() {
    let mut wrong = Vec::new();
    unsaid(&Cli::command(), "auction", &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
