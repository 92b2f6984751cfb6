//! Small bills, all of them: every order of up to four movements of a person's money, on the real house and by pouring, one
//! unit at a time, what the person has over what they have bought.

use crate::command::{Command, Offer};
use crate::doors::{Doors, clock_at, folder};
use auction::house::money::bill::Bill;
use auction::rules::listing::AccountId;

const N_MOVES: usize = 4;
const ANN: i64 = 1;
const CLEO: i64 = 2;
/// What is bought costs 10 and a premium of 1; what is sold earns 7.
const CHARGE: i64 = 11;
const EARNED: i64 = 7;
/// The account that is looked at may owe all of it.
const LIMIT: i64 = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Buy,
    Earn,
    Pay(i64),
    /// The first payment that stands.
    Void,
    Debit,
    /// The first purchase that stands.
    Reverse,
    /// What was earned first and stands.
    ReverseEarned,
}

const MOVES: [Move; 8] = [
    Move::Buy,
    Move::Earn,
    Move::Pay(9),
    Move::Pay(13),
    Move::Void,
    Move::Debit,
    Move::Reverse,
    Move::ReverseEarned,
];

/// What has happened to one account: its purchases, payments and sales, each with its id and whether it stands.
#[derive(Default)]
struct Account {
    id: i64,
    bought: Vec<(i64, bool)>,
    earned: Vec<(i64, bool)>,
    paid: Vec<(i64, i64, bool)>,
    taken_out: i64,
}

impl Account {
    fn go(&mut self, house: &Doors, step: Move) {
        let ask = |command: Command| command.perform(house.house(0)).unwrap().unwrap();
        let sold = |seller: i64, buyer: i64, price: i64| {
            let offer = Offer { opening: 1, buy_now: Some(price), closes_in_s: 600, ..Offer::default() };
            let listed = ask(Command::List { seller, offer });
            let listing = number_after(&listed, "listing ");
            number_after(&ask(Command::Buy { listing, who: buyer }), "settlement ")
        };
        let standing = |all: &[(i64, bool)]| all.iter().position(|(_, stands)| *stands);
        match step {
            Move::Buy => self.bought.push((sold(ANN, self.id, 10), true)),
            Move::Earn => self.earned.push((sold(self.id, CLEO, EARNED), true)),
            Move::Pay(amount) => {
                let said = ask(Command::TakePayment { who: self.id, amount, method: "cash" });
                self.paid.push((number_after(&said, "payment "), amount, true));
            }
            Move::Void => {
                let at = self.paid.iter().position(|(.., stands)| *stands).unwrap();
                self.paid[at].2 = false;
                ask(Command::VoidPayment { payment: self.paid[at].0 });
            }
            Move::Debit => {
                self.taken_out += 4;
                ask(Command::Debit { who: self.id, amount: 4, into_credit: true });
            }
            Move::Reverse => {
                let at = standing(&self.bought).unwrap();
                self.bought[at].1 = false;
                ask(Command::Reverse { settlement: self.bought[at].0 });
            }
            Move::ReverseEarned => {
                let at = standing(&self.earned).unwrap();
                self.earned[at].1 = false;
                ask(Command::Reverse { settlement: self.earned[at].0 });
            }
        }
    }

    /// How much of each purchase is covered; none of a reversed one.
    fn poured(&self) -> Vec<i64> {
        let paid: i64 = self.paid.iter().filter(|(.., stands)| *stands).map(|(_, amount, _)| amount).sum();
        let earned = self.earned.iter().filter(|(_, stands)| *stands).count() as i64 * EARNED;
        let mut good = paid + earned - self.taken_out;
        let mut covered = vec![0; self.bought.len()];
        while good > 0
            && let Some(first) = (0..covered.len()).find(|at| self.bought[*at].1 && covered[*at] < CHARGE)
        {
            covered[first] += 1;
            good -= 1;
        }
        covered
    }

    fn compare(&self, bill: &Bill, story: &[Move]) {
        let lines: Vec<(i64, i64, bool)> =
            bill.lines.iter().map(|line| (line.settlement, line.covered, !line.reversed)).collect();
        let poured = self.poured();
        let expected: Vec<(i64, i64, bool)> =
            self.bought.iter().zip(&poured).map(|((id, stands), covered)| (*id, *covered, *stands)).collect();
        assert_eq!(lines, expected, "{story:?}");
        let total = self.bought.iter().filter(|(_, stands)| *stands).count() as i64 * CHARGE;
        let covered: i64 = poured.iter().sum();
        assert_eq!((bill.total, bill.covered, bill.due), (total, covered, total - covered), "{story:?}");
        let payments: Vec<(i64, bool)> =
            bill.payments.iter().map(|payment| (payment.id, !payment.voided)).collect();
        let expected: Vec<(i64, bool)> = self.paid.iter().map(|(id, _, stands)| (*id, *stands)).collect();
        assert_eq!(payments, expected, "{story:?}");
    }
}

fn number_after(text: &str, word: &str) -> i64 {
    let digits: String = text.strip_prefix(word).unwrap().chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

/// Every story of so many movements that begins with these.
fn stories(n: usize) -> Vec<Vec<Move>> {
    let mut stories: Vec<Vec<Move>> = vec![vec![]];
    for _ in 0..n {
        let longer = |story: Vec<Move>| MOVES.map(|step| [story.clone(), vec![step]].concat());
        stories = stories.into_iter().flat_map(longer).collect();
    }
    // Where nothing is bought nothing is covered.
    stories.retain(|story| story.contains(&Move::Buy) && can_be(story));
    stories
}

/// Whether there is something to undo wherever it is undone.
fn can_be(story: &[Move]) -> bool {
    let [mut bought, mut earned, mut paid] = [0; 3];
    story.iter().all(|step| {
        match step {
            Move::Buy => bought += 1,
            Move::Earn => earned += 1,
            Move::Pay(_) => paid += 1,
            Move::Debit => {}
            Move::Void => paid -= 1,
            Move::Reverse => bought -= 1,
            Move::ReverseEarned => earned -= 1,
        }
        bought >= 0 && earned >= 0 && paid >= 0
    })
}

#[test]
fn every_small_bill_is_covered_as_by_pouring() {
    let folder = folder();
    let house = Doors::open(folder.path(), &clock_at(0));
    let ask = |command: Command| command.perform(house.house(0)).unwrap().unwrap();
    ask(Command::Set { key: "premium_bps", value: "1000".into() });
    for n in [ANN, CLEO] {
        ask(Command::Open { n, by_admin: true });
        ask(Command::Credit { who: n, amount: 1_000_000 });
    }
    let mut n_told = 0;
    for story in stories(N_MOVES) {
        let id = n_told + 3;
        ask(Command::Open { n: id, by_admin: true });
        ask(Command::Limit { who: id, limit: LIMIT });
        n_told += 1;
        let mut account = Account { id, ..Account::default() };
        for step in &story {
            account.go(&house, *step);
            account.compare(&house.house(1).bill(AccountId(id), None).unwrap(), &story);
        }
    }
    println!("{n_told} stories");
    assert!(n_told > 500, "{n_told}");
    house.close();
}
