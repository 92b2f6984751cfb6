//! Coverage by examples that anyone can check: `tests/tables/coverage.txt`, played on the rules alone. Each line is a movement of
//! an account's money; after the arrow stands how much of each purchase is covered, and the sums.

use auction::rules::coverage::Shortfall;
use std::fs;
use std::path::Path;

#[derive(Default)]
struct Account {
    /// What was paid in or earned, less what was taken out; by its name, if it has one, and whether it was undone.
    good: Vec<(String, i64, bool)>,
    /// The purchases, oldest first, and whether they are reversed.
    purchases: Vec<(String, i64, bool)>,
}

impl Account {
    /// None for a line that is no movement.
    fn moved(&mut self, line: &str) -> Option<()> {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["credit", amount] => self.good.push((String::new(), amount.parse().ok()?, false)),
            ["debit", amount] => self.good.push((String::new(), -amount.parse::<i64>().ok()?, false)),
            ["holds", amount] => {
                let _: i64 = amount.parse().ok()?;
            }
            ["pays" | "earns", name, amount] => {
                self.good.push((name.to_owned(), amount.parse().ok()?, false));
            }
            ["buys", name, amount] => self.purchases.push((name.to_owned(), amount.parse().ok()?, false)),
            ["voids" | "reverses", name] => {
                let all = self.good.iter_mut().chain(&mut self.purchases);
                let mut named = all.filter(|(known, _, undone)| known == name && !undone);
                named.next()?.2 = true;
            }
            _ => return None,
        }
        Some(())
    }

    fn purchases(&self) -> impl DoubleEndedIterator<Item = &(String, i64, bool)> {
        self.purchases.iter().filter(|(_, _, reversed)| !reversed)
    }

    /// The covered part of each purchase that stands, the oldest first, as the house works it out: from the balance, which is
    /// the sum of all postings.
    fn covered(&self) -> Vec<(&str, i64)> {
        let undone = |moves: &[(String, i64, bool)]| -> i64 {
            moves.iter().filter(|(_, _, undone)| !undone).map(|(_, amount, _)| amount).sum()
        };
        let mut shortfall = Shortfall::of(undone(&self.good) - undone(&self.purchases));
        let newest = self.purchases().rev();
        let mut covered: Vec<(&str, i64)> =
            newest.map(|(name, amount, _)| (name.as_str(), amount - shortfall.owed(*amount))).collect();
        covered.reverse();
        covered
    }

    /// What an answer such as `lamp 500`, `lamp reversed` or `due 600` says, as it is.
    fn answer(&self, name: &str) -> String {
        let total: i64 = self.purchases().map(|(_, amount, _)| amount).sum();
        let covered: i64 = self.covered().iter().map(|(_, covered)| covered).sum();
        let found = self.covered().into_iter().find(|(known, _)| *known == name);
        match (name, found) {
            ("total", _) => total.to_string(),
            ("covered", _) => covered.to_string(),
            ("due", _) => (total - covered).to_string(),
            (_, Some((_, covered))) => covered.to_string(),
            (_, None) => "reversed".to_owned(),
        }
    }
}

/// Plays an example; how many lines had an answer.
fn play(text: &str) -> usize {
    let (title, lines) = text.split_once('\n').unwrap();
    let (mut account, mut n_answered) = (Account::default(), 0);
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let (movement, answers) = line.split_once(" -> ").unwrap_or((line, ""));
        account.moved(movement).unwrap_or_else(|| panic!("“{title}”: {line}: what is that?"));
        n_answered += usize::from(!answers.is_empty());
        for answer in answers.split(", ").filter(|answer| !answer.is_empty()) {
            let (name, expected) = answer.split_once(' ').unwrap();
            assert_eq!(account.answer(name), expected, "“{title}”: {line}: {answer}");
        }
    }
    n_answered
}

#[test]
fn every_example_of_coverage_goes_as_it_is_written() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables/coverage.txt");
    let text = fs::read_to_string(path).unwrap();
    let (_, examples) = text.split_once("\n## ").unwrap();
    let played: Vec<usize> = examples.split("\n## ").map(play).collect();
    assert!(played.len() >= 15 && played.iter().all(|n| *n > 0), "{played:?}");
}

/// A table that says something wrong is found out.
#[test]
fn an_example_of_coverage_that_is_not_so_fails() {
    for wrong in [
        "x\nbuys lamp 100 -> lamp 1",
        "x\nbuys lamp 100 -> due 99",
        "x\nbuys lamp 100 -> lamp reversed",
        "x\nbuys lamp 100\nreverses lamp -> lamp 0",
        "x\nvoids cash",
        "x\nborrows 100",
    ] {
        assert!(std::panic::catch_unwind(|| play(wrong)).is_err(), "{wrong}");
    }
}
