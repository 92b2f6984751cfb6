//! Both sides of the limits on log-ins, with a clock of their own: halls, guessers, and attackers who lock others out.

use super::log_in_limits::LogInLimits;
use crate::house::Fault;
use crate::rules::refusal::Refusal;
use std::collections::HashSet;
use std::net::IpAddr;
use std::time::{Duration, Instant};

const HALL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

/// The answer to a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    In,
    Wrong,
    /// Wrong, or not tried; to be tried again after this many seconds.
    Limited(u64),
}

/// A house with a clock, which remembers where each person has logged in from.
struct House {
    limits: LogInLimits,
    now: Instant,
    known: HashSet<(String, IpAddr)>,
    /// The number of wrong passwords that were compared.
    n_guessed: usize,
}

impl House {
    fn new(failures_per_min: u32) -> House {
        let limits = LogInLimits::default();
        limits.set_rates(failures_per_min, 0);
        House { limits, now: Instant::now(), known: HashSet::new(), n_guessed: 0 }
    }

    fn pass(&mut self, time_ms: u64) {
        self.now += Duration::from_millis(time_ms);
    }

    fn log_in(&mut self, who: &str, from: IpAddr, is_right: bool) -> Answer {
        let limited = |refusal| match refusal {
            Refusal::RateLimited { retry_after_s } | Refusal::LogInsLimited { retry_after_s } => {
                Answer::Limited(retry_after_s)
            }
            other => panic!("{other:?}"),
        };
        let is_known = |network| Ok(self.known.contains(&(who.to_lowercase(), network)));
        let tried = match self.limits.begin(who, from, None, self.now, is_known) {
            Ok(tried) => tried,
            Err(Fault::Refused(refusal)) => return limited(refusal),
            Err(Fault::Broken(error)) => panic!("{error:#}"),
        };
        if is_right {
            self.limits.succeeded(tried, self.now);
            self.known.insert((who.to_lowercase(), from));
            return Answer::In;
        }
        self.n_guessed += 1;
        self.limits.failed(tried, self.now).map_or_else(limited, |()| Answer::Wrong)
    }

    fn fail(&mut self, who: &str, from: IpAddr) -> Answer {
        self.log_in(who, from, false)
    }

    fn enter(&mut self, who: &str, from: IpAddr) -> Answer {
        self.log_in(who, from, true)
    }
}

fn at(n: usize) -> IpAddr {
    let [.., a, b] = n.to_be_bytes();
    [10, 0, a, b].into()
}

fn person(n: usize) -> String {
    format!("p{n}@example.org")
}

fn n_limited(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| matches!(answer, Answer::Limited(_))).count()
}

/// 300 people come within two minutes; one in three mistypes, once to three times, 5 s apart.
#[test]
fn a_hall_of_three_hundred_that_mistypes_gets_in() {
    let mut house = House::new(10);
    let tries = (0..300).flat_map(|n| {
        let n_wrong = if n % 3 == 0 { n / 3 % 3 + 1 } else { 0 };
        (0..=n_wrong).map(move |nth| (n * 400 + nth * 5_000, n, nth == n_wrong))
    });
    let mut tries: Vec<_> = tries.collect();
    tries.sort_unstable();
    let (begun, mut n_in) = (house.now, 0);
    for (at_ms, n, is_right) in tries {
        house.now = begun + Duration::from_millis(at_ms as u64);
        let answer = house.log_in(&person(n), HALL, is_right);
        assert_eq!(answer == Answer::In, is_right, "{n} at {at_ms} ms: {answer:?}");
        n_in += usize::from(is_right);
    }
    assert_eq!((n_in, house.n_guessed), (300, 199));
}

/// The worst order: a hundred people mistype three times each before anybody gets in, while someone in the hall tries
/// one password on everybody's account. Each try takes a hash of 30 ms, on two threads.
#[test]
fn a_hall_in_which_somebody_sprays_gets_in() {
    let mut house = House::new(10);
    let sprayed: Vec<Answer> = (0..300).map(|n| house.fail(&person(n), HALL)).collect();
    assert_eq!(n_limited(&sprayed), 290, "the sprayer is told so from the eleventh on");
    for n in (0..300).filter(|n| n % 3 == 0) {
        for _ in 0..3 {
            house.pass(15);
            assert_ne!(house.fail(&person(n), HALL), Answer::In);
        }
    }
    assert_eq!(house.n_guessed, 600);
    house.pass(3_000);
    assert!((0..300).all(|n| house.enter(&person(n), HALL) == Answer::In));
}

#[test]
fn who_guesses_at_one_account_is_stopped_at_the_eleventh() {
    let mut house = House::new(10);
    let answers: Vec<Answer> = (0..12).map(|_| house.fail("bob@example.org", HALL)).collect();
    assert!(answers[..10].iter().all(|answer| *answer == Answer::Wrong), "{answers:?}");
    assert_eq!(answers[10..], [Answer::Limited(6); 2]);
    assert_eq!(house.n_guessed, 10, "what comes beyond is not tried");
    assert_eq!(
        house.enter("Bob@Example.org ", HALL),
        Answer::Limited(6),
        "not even a right one, in any spelling"
    );
    assert_eq!(house.enter("cleo@example.org", HALL), Answer::In, "others are not held up");
    house.pass(6_000);
    assert_eq!(house.enter("bob@example.org", HALL), Answer::In, "after the time that was said");
}

#[test]
fn who_guesses_at_many_accounts_is_told_so_at_the_eleventh_and_stopped_at_the_six_hundredth() {
    let mut house = House::new(10);
    let answers: Vec<Answer> = (0..1_000).map(|n| house.fail(&person(n), HALL)).collect();
    assert!(answers[..10].iter().all(|answer| *answer == Answer::Wrong));
    assert_eq!((n_limited(&answers), house.n_guessed), (990, 600));
    assert_eq!(house.enter("stranger@example.org", HALL), Answer::Limited(6));
    house.known.insert(("ann@example.org".into(), HALL));
    assert_eq!(house.enter("ann@example.org", HALL), Answer::In, "who has logged in here before");
    assert_eq!(house.enter("stranger@example.org", at(1)), Answer::In, "who is elsewhere");
    house.pass(6_000);
    assert_eq!(house.enter("stranger@example.org", HALL), Answer::In);
}

#[test]
fn nobody_who_fails_elsewhere_locks_an_owner_out() {
    let mut house = House::new(10);
    let (bob, attacker, home) = ("bob@example.org", at(1), at(2));
    assert_eq!(house.enter(bob, home), Answer::In);
    // One address, all day.
    for _ in 0..24 * 60 {
        for _ in 0..20 {
            house.fail(bob, attacker);
        }
        house.pass(60_000);
    }
    assert_eq!(house.enter(bob, home), Answer::In);
    assert_eq!(house.enter(bob, at(3)), Answer::In, "from a new address");
    assert!((240..=290).contains(&house.n_guessed), "{} a day", house.n_guessed);
    // New addresses each time.
    let answers: Vec<Answer> = (100..400).map(|n| house.fail(bob, at(n))).collect();
    assert_eq!(n_limited(&answers[20..]), 280);
    assert_eq!(house.enter(bob, home), Answer::In, "where he has logged in");
    assert_eq!(house.enter(bob, at(3)), Answer::In);
    let Answer::Limited(retry_after_s) = house.enter(bob, at(4)) else {
        panic!("a hundred an hour have failed")
    };
    house.pass(retry_after_s * 1_000);
    assert_eq!(house.enter(bob, at(4)), Answer::In, "after the time that was said");
}

#[test]
fn a_browser_that_is_known_is_held_up_by_nobody_but_itself() {
    let mut house = House::new(10);
    for n in 0..700 {
        house.fail("bob@example.org", HALL);
        house.fail(&person(n), HALL);
    }
    let begin = |house: &House, browser| {
        house.limits.begin("bob@example.org", HALL, browser, house.now, |_| Ok(false))
    };
    assert!(begin(&house, None).is_err() && begin(&house, Some("another")).is_ok());
    for _ in 0..10 {
        house.limits.failed(begin(&house, Some("bob's")).unwrap(), house.now).unwrap_err();
    }
    assert!(begin(&house, Some("bob's")).is_err(), "whoever guesses by it");
    assert!(begin(&house, Some("another")).is_ok());
}

/// The figures of the manual.
#[test]
fn so_many_passwords_are_tried_in_a_day() {
    let day = |from: &dyn Fn(usize) -> IpAddr, whose: &dyn Fn(usize) -> String| {
        let mut house = House::new(10);
        // The first burst does not count.
        let mut n = 0;
        let mut guess = |house: &mut House, times: usize| {
            for _ in 0..times {
                house.fail(&whose(n), from(n));
                n += 1;
            }
        };
        guess(&mut house, 2_000);
        house.n_guessed = 0;
        for _ in 0..24 * 60 * 10 {
            guess(&mut house, 3);
            house.pass(6_000);
        }
        house.n_guessed
    };
    let bob = |_| "bob@example.org".to_owned();
    let one = day(&|_| HALL, &bob);
    assert!((230..=265).contains(&one), "one account from one address: {one}");
    let everywhere = day(&|n| at(n % 60_000), &bob);
    assert!((2_350..=2_410).contains(&everywhere), "one account from many addresses: {everywhere}");
    let address = day(&|_| HALL, &person);
    assert!((14_350..=14_410).contains(&address), "one address on many accounts: {address}");
}

/// An attacker's own account earns nothing: a log-in removes only the failures of its own account, once.
#[test]
fn a_log_in_gives_no_tries_on_the_accounts_of_others() {
    let mut house = House::new(10);
    let mut n_others = 0;
    for n in 0..2_000 {
        for _ in 0..3 {
            house.fail("mallory@example.org", HALL);
        }
        let own = house.n_guessed;
        house.fail(&person(n), HALL);
        n_others += house.n_guessed - own;
        house.enter("mallory@example.org", HALL);
        house.enter("mallory@example.org", HALL);
    }
    assert!((590..=600).contains(&n_others), "{n_others} as from any address");
}

#[test]
fn an_ipv6_network_of_64_bits_is_one_address() {
    let mut house = House::new(10);
    let v6 = |n: usize| format!("2001:db8:1:2::{n:x}").parse().unwrap();
    let answers: Vec<Answer> = (0..11).map(|n| house.fail(&person(n), v6(n))).collect();
    assert_eq!(n_limited(&answers), 1);
    assert_eq!(house.fail(&person(99), "2001:db8:1:3::1".parse().unwrap()), Answer::Wrong);
}

#[test]
fn who_logs_in_too_often_is_slowed_and_nobody_else() {
    let mut house = House::new(10);
    house.limits.set_rates(10, 2);
    assert_eq!(house.enter("ann@example.org", HALL), Answer::In);
    assert_eq!(house.enter(" Ann@example.org", HALL), Answer::In);
    assert_eq!(house.enter("ann@example.org", HALL), Answer::Limited(30));
    assert_eq!(house.enter("bob@example.org", HALL), Answer::In);
    house.limits.set_rates(7, 2);
    assert_eq!(house.enter("ann@example.org", at(2)), Answer::Limited(30), "another rate has changed");
    house.pass(30_000);
    assert_eq!(house.enter("ann@example.org", HALL), Answer::In);
}

#[test]
fn without_a_limit_nothing_is_counted() {
    let mut house = House::new(0);
    assert!((0..100).all(|_| house.fail("bob@example.org", HALL) == Answer::Wrong));
    assert_eq!(house.limits.n_keys(), 0);
}

/// Otherwise an attacker with many addresses could wash away what is counted against them.
#[test]
fn when_too_many_are_remembered_those_that_have_failed_most_stay() {
    let mut house = House::new(10);
    for _ in 0..10 {
        house.fail("bob@example.org", HALL);
    }
    for n in 0..120_000_usize {
        let [.., a, b, c] = n.to_be_bytes();
        house.fail(&person(n), [11, a, b, c].into());
        assert!(house.limits.n_keys() <= 100_000 + 3);
    }
    assert_eq!(house.fail("bob@example.org", HALL), Answer::Limited(6));
}
