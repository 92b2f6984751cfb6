//! A run: the real house and the naive books are told the same, step by step, and must answer and look the same after
//! each. People bid alone, in volleys and in crowds; the clock goes forward, stands and goes back; the process dies between
//! any two statements, and statements fail.
//!
//! All but the order within a crowd follows from the seed. `AUCTION_SIM_SEED=7` runs seed 7 alone, with
//! `AUCTION_SIM_SEEDS=1000` that many from there on, `AUCTION_SIM_STEPS=500` makes each longer.

use crate::at_desk::{AtDesk, NewGuest, NewPass, What};
use crate::books::{Books, WAIT_MS};
use crate::chance::Chance;
use crate::command::{Awaited, Bid, Command, NewLot, Offer, Said, Sale, answer, door};
use crate::copies::Copies;
use crate::desk_draws::Staff;
use crate::doors::{Doors, clock_at, folder};
use crate::model::step;
use crate::picture::{self, Look, Picture, differences};
use crate::sales::{Evening, Stage};
use crate::statements::{self, Trouble};
use anyhow::Result;
use auction::store::clock::Clock;
use std::path::PathBuf;
use std::sync::Barrier;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const BEGIN_MS: i64 = 1_800_000_000_000;
const N_PEOPLE: i64 = 5;
const N_LOTS: usize = 14;
const N_SALES: i64 = 3;
const STEPS: i64 = 120;
/// Without AUCTION_SIM_SEEDS, no further seed is begun after so long.
const ENOUGH: Duration = Duration::from_secs(12);

struct Run {
    folder: TempDir,
    n_folders: usize,
    clock: Clock,
    now: i64,
    doors: Option<Doors>,
    /// Further machines, if the house has a journal.
    copies: Option<Copies>,
    books: Books,
    chance: Chance,
    story: Vec<String>,
    /// Bids that were made under a key, to be made again.
    keyed: Vec<Bid>,
    /// The same at the desk.
    desk_keyed: Vec<AtDesk>,
    tally: Tally,
}

/// What was met with, so that a run that meets with nothing is noticed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub n_steps: u64,
    pub n_commands: u64,
    pub n_done: u64,
    pub n_refused: u64,
    pub n_broken: u64,
    pub n_crashes: u64,
    /// Of them, in the middle of what was being written.
    pub n_crashes_within: u64,
    pub n_crowds: u64,
    /// Of what was done.
    pub n_published: u64,
    pub n_postponed: u64,
    pub n_paused: u64,
    pub n_resumed: u64,
    /// Beats and starts of a server that prolonged.
    pub n_outages: u64,
    pub n_numbers: u64,
    pub n_desk_bids: u64,
    pub n_payments: u64,
    pub n_voids: u64,
    pub n_handovers: u64,
    pub n_terms: u64,
    pub n_accepted: u64,
    /// Bids that were refused until the terms are accepted.
    pub n_unaccepted: u64,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.n_steps += other.n_steps;
        self.n_commands += other.n_commands;
        self.n_done += other.n_done;
        self.n_refused += other.n_refused;
        self.n_broken += other.n_broken;
        self.n_crashes += other.n_crashes;
        self.n_crashes_within += other.n_crashes_within;
        self.n_crowds += other.n_crowds;
        self.n_published += other.n_published;
        self.n_postponed += other.n_postponed;
        self.n_paused += other.n_paused;
        self.n_resumed += other.n_resumed;
        self.n_outages += other.n_outages;
        self.n_numbers += other.n_numbers;
        self.n_desk_bids += other.n_desk_bids;
        self.n_payments += other.n_payments;
        self.n_voids += other.n_voids;
        self.n_handovers += other.n_handovers;
        self.n_terms += other.n_terms;
        self.n_accepted += other.n_accepted;
        self.n_unaccepted += other.n_unaccepted;
    }
}

impl Run {
    fn begin(seed: u64, has_journal: bool) -> Run {
        let (folder, clock) = (folder(), clock_at(BEGIN_MS));
        let copies = has_journal.then(|| Copies::new(&folder.path().canonicalize().unwrap(), &clock));
        let mut run = Run {
            folder,
            n_folders: 0,
            clock,
            now: BEGIN_MS,
            doors: None,
            copies,
            books: Books::of(has_journal),
            chance: Chance::of(seed),
            story: Vec::new(),
            keyed: Vec::new(),
            desk_keyed: Vec::new(),
            tally: Tally::default(),
        };
        let dir = run.next_folder();
        run.open(&dir);
        run.books.wake(run.now);
        run
    }

    fn next_folder(&mut self) -> PathBuf {
        self.n_folders += 1;
        self.folder.path().canonicalize().unwrap().join(self.n_folders.to_string())
    }

    fn open(&mut self, dir: &std::path::Path) {
        self.doors = Some(Doors::open_with(dir, &self.clock, self.copies.as_ref()));
    }

    fn doors(&self) -> &Doors {
        self.doors.as_ref().unwrap()
    }

    fn note(&mut self, line: String) {
        self.story.push(line);
    }

    /// Everyone joins and pays in, then whatever comes.
    fn go(&mut self, n_steps: i64) {
        for n in 1..=N_PEOPLE {
            self.one(0, &Command::Open { n, by_admin: true }, None);
            let amount = self.chance.from(500, 6_000);
            // Some have paid in beforehand, others are trusted.
            let trusted = self.chance.percent(40);
            let funds = if trusted {
                Command::Limit { who: n, limit: amount }
            } else {
                Command::Credit { who: n, amount }
            };
            self.one(0, &funds, None);
        }
        if self.chance.percent(50) {
            self.one(0, &Command::Set { key: "outage", value: "extend".into() }, None);
            let value = self.chance.pick(&[10, 45, 120]).to_string();
            self.one(0, &Command::Set { key: "outage_s", value }, None);
        }
        for n in 1..=n_steps {
            self.tally.n_steps += 1;
            self.step();
            if n % 60 == 0 {
                self.end_the_evening();
            }
        }
        self.kill();
        let audit = self.doors().house(0).audit().unwrap();
        assert_eq!(audit.disagreement, None);
    }

    fn step(&mut self) {
        let trouble = self.trouble();
        match self.chance.from(1, 100) {
            1..=18 => self.move_the_clock(),
            19..=28 => {
                let n = self.chance.from(2, 6);
                let bids: Vec<Bid> = (0..n).map(|_| self.bid()).collect();
                self.volley(&bids, trouble);
            }
            29..=36 => {
                let n = self.chance.from(2, 3);
                let mut crowd: Vec<Command> = (0..n).map(|_| self.command()).collect();
                if matches!(crowd[0], Command::AtDesk(_)) && self.chance.percent(40) {
                    // Sent again while the first is still on its way.
                    crowd[1] = crowd[0].clone();
                }
                self.crowd(&without_waiting(crowd));
            }
            39..=41 if (self.books.sales.len() as i64) < N_SALES => self.hold_a_sale(),
            37 => self.close_and_open(),
            38 => self.kill(),
            _ => {
                let (wanted, command) = (self.chance.index(3), self.command());
                let door = door(&command, self.doors(), wanted);
                self.one(door, &command, trouble);
            }
        }
    }

    /// Drafts a sale, fills it and publishes it, without a pause in between.
    fn hold_a_sale(&mut self) {
        let n = self.books.sales.len() as i64 + 1;
        let sale = Sale { closes_at: self.now + self.chance.from(60, 240) * 1_000, ..self.sale(n) };
        self.one(0, &Command::AddSale(sale), None);
        for code in 1..=self.chance.from(2, 4) {
            let (who, section) = (self.person(), self.chance.pick(&[None, Some(1), Some(2)]));
            let Command::AddLot(lot) = self.lot_of(n, who, section) else { unreachable!() };
            let lot = NewLot { code, closes_at: lot.closes_at.filter(|_| code == 2), ..lot };
            let (door, trouble) = (self.chance.index(3), self.trouble());
            self.one(door, &Command::AddLot(lot), trouble);
        }
        let (door, trouble) = (self.chance.index(3), self.trouble());
        self.one(door, &Command::Publish { sale: n }, trouble);
        if self.books.desk.passes.is_empty() {
            self.staff_the_desk(n);
        }
    }

    /// A pass for everything, and numbers for two people.
    fn staff_the_desk(&mut self, sale: i64) {
        let pass = self.staff().pass();
        let limit = pass.limit.map(|limit| limit.max(0) + 900);
        let ends_at = self.now + 3_600_000;
        let pass = NewPass { sale, may: "checkin,bid,checkout", ends_at, limit, ..pass };
        self.one(1, &Command::OpenPass(pass), None);
        let pass = self.books.desk.passes.len() as i64;
        for _ in 0..2 {
            let guest = self.staff().guest(sale);
            let key = self.desk_keyed.len() as i64 + 1;
            let asked = AtDesk { pass, key, what: What::Register(guest) };
            self.desk_keyed.push(asked.clone());
            let (door, trouble) = (self.chance.index(3), self.trouble());
            self.one(door, &Command::AtDesk(asked), trouble);
        }
    }

    /// Guests bid on what is still open in a sale, its lots close, and everybody comes to the desk.
    fn end_the_evening(&mut self) {
        let running = |evening: &&Evening| {
            let mut lots = evening.lots.iter().filter_map(|(_, listing)| *listing);
            evening.stage == Stage::Published && lots.any(|listing| self.books.is_open(listing))
        };
        let Some(sale) = self.books.sales.iter().rev().find(running).map(|evening| evening.sale.n) else {
            return;
        };
        let pass = NewPass {
            name: 10 + sale,
            sale,
            may: "checkin,bid,checkout",
            ends_at: self.now + 3_600_000,
            limit: None,
        };
        self.one(1, &Command::OpenPass(pass), None);
        if !self.books.desk.numbers.keys().any(|(of, _)| *of == sale) {
            let guest = NewGuest { n: Some(self.chance.from(1, N_PEOPLE)), number: None, limit: Some(3_000) };
            self.one(2, &Command::Register { sale, guest }, None);
        }
        if self.books.is_paused(sale) {
            self.one(0, &Command::Resume { sale }, None);
        }
        let bids: Vec<Command> = self.staff().bids_on_all(sale);
        for bid in bids {
            let trouble = self.trouble();
            self.one(0, &bid, trouble);
        }
        let last = self.books.closes_of(sale).map_or(self.now, |(_, last)| last);
        self.now = self.now.max(last);
        self.clock.set_ahead(self.now);
        self.note(format!("the clock shows {}", self.now));
        self.compare(self.books.told.len(), Look::Quick);
        self.one(0, &Command::Beat, None);
        self.one(1, &Command::SettleDue, None);
        for _ in 0..12 {
            let command = match self.chance.percent(60) {
                true => self.staff().at_the_till(sale),
                false => self.staff().command(),
            };
            let (wanted, trouble) = (self.chance.index(3), self.trouble());
            let door = door(&command, self.doors(), wanted);
            self.one(door, &command, trouble);
        }
    }

    fn staff(&mut self) -> Staff<'_> {
        let (books, chance, keyed) = (&self.books, &mut self.chance, &mut self.desk_keyed);
        Staff { books, chance, keyed, now: self.now }
    }

    // --- what is done

    fn move_the_clock(&mut self) {
        let open = self.books.open_lots();
        let (close, window, outage) = if open.is_empty() {
            (self.now, 0, 0)
        } else {
            let lot = self.chance.pick(&open);
            let terms = &self.books.lot(lot).unwrap().terms;
            let (window, outage) = (terms.soft.map_or(0, |(window, ..)| window), terms.outage_s.unwrap_or(0));
            (self.books.closes_at(lot), window * 1_000, outage * 1_000)
        };
        let mut edges = vec![close, close, close - window, close - window, close - outage];
        edges.extend(self.books.sales.iter().filter_map(|evening| evening.sale.opens_at));
        let edge = self.chance.pick(&edges);
        self.now = match self.chance.from(1, 20) {
            1..=9 => self.now + self.chance.from(1, 5_000),
            10..=16 => (edge + self.chance.from(-1, 1)).max(self.now),
            17..=18 => self.now + self.chance.from(5_000, 200_000),
            19 => self.now - self.chance.from(1, 20_000),
            _ => self.now + 1,
        };
        self.clock.set_ahead(self.now);
        self.note(format!("the clock shows {}", self.now));
        self.compare(self.books.told.len(), Look::Quick);
    }

    /// Lays trouble in the way; where there is a journal, how many pages it had then is noted.
    fn lay(&self, folder: &std::path::Path, trouble: &Option<Trouble>) {
        let Some(trouble) = trouble else {
            return;
        };
        let noted = self.copies.clone().map(|copies| Box::new(move || copies.note()) as Box<dyn Fn() + Send>);
        statements::plan_noted(folder, trouble.clone(), noted);
    }

    fn one(&mut self, door: usize, command: &Command, trouble: Option<Trouble>) {
        let trouble = trouble.filter(|_| !matches!(command, Command::OpenPass(_)));
        self.note(format!("{} {command}{}", name(door), words(&trouble)));
        let folder = self.doors().dir.clone();
        self.lay(&folder, &trouble);
        let said = command.perform(self.doors().house(door));
        self.judge(&folder, std::slice::from_ref(command), vec![said], trouble);
    }

    /// Bids one right after the other, without waiting for the answers: they share commits.
    fn volley(&mut self, bids: &[Bid], trouble: Option<Trouble>) {
        let commands: Vec<Command> = bids.iter().cloned().map(Command::Bid).collect();
        for command in &commands {
            self.note(format!("in a volley {command}{}", words(&trouble)));
        }
        let folder = self.doors().dir.clone();
        self.lay(&folder, &trouble);
        let awaited: Vec<Awaited> = bids.iter().map(|bid| bid.send(self.doors().house(0))).collect();
        let said = awaited.iter().map(answer).collect();
        self.judge(&folder, &commands, said, trouble);
    }

    /// What was said, against the books; what was done, against the books; and what a crash left, which is all that was
    /// done up to one of the commands, and none in halves.
    fn judge(
        &mut self,
        folder: &std::path::Path,
        commands: &[Command],
        said: Vec<Result<Said>>,
        trouble: Option<Trouble>,
    ) {
        let came = trouble.is_some() && statements::unplan(folder);
        let failed = came && matches!(trouble, Some(Trouble::Fail { .. }));
        let n_told = self.books.told.len();
        let mut stages = vec![self.books.clone()];
        for (command, said) in commands.iter().zip(said) {
            self.tally.n_commands += 1;
            match said {
                Ok(said) => {
                    self.note(format!("    {}", read(&said)));
                    let before = self.books.clone();
                    let expected = self.books.say(command, self.now);
                    assert_eq!(said, expected, "the house said the left, the model the right");
                    self.count(command, &said);
                    if let (true, Command::Settle { listing }) = (failed, command) {
                        self.look_for_one_alone(before, *listing, n_told);
                    }
                    stages.push(self.books.clone());
                }
                Err(error) => {
                    self.note(format!("    broken: {error:#}"));
                    assert!(failed, "{error:#}");
                    self.tally.n_broken += 1;
                }
            }
        }
        let killed = came.then_some(trouble).flatten();
        match (killed, &self.copies) {
            (Some(Trouble::Copy { to, .. }), Some(copies)) => {
                // What it wrote after that moment it never wrote, and the other machines have not seen it.
                copies.forget_since();
                self.wake_up_in(to, &stages, n_told);
            }
            (Some(Trouble::Copy { to, .. }), None) => {
                self.compare(n_told, Look::Quick);
                self.wake_up_in(to, &stages, n_told);
            }
            _ => self.compare(n_told, Look::Quick),
        }
    }

    /// Others that are due are settled with the one that is asked for; if that fails, it is settled all the same.
    fn look_for_one_alone(&mut self, mut before: Books, listing: i64, n_told: usize) {
        let store = picture::of_store(self.doors().house(0), n_told, Look::Quick).unwrap();
        if store != picture::of_books(&self.books, n_told, self.now, Look::Quick) {
            before.settle_alone(listing, self.now);
            self.books = before;
        }
    }

    /// Several at once, each by a thread and a connection of its own: there is an order in which they might have come. The whole
    /// of it is looked at, lest another order that looks the same at first be taken for the true one.
    fn crowd(&mut self, crowd: &[Command]) {
        self.tally.n_crowds += 1;
        let doors = self.doors.take().unwrap();
        let gate = Barrier::new(crowd.len());
        let said: Vec<Said> = std::thread::scope(|scope| {
            let ask = |(k, command)| {
                let (doors, gate) = (&doors, &gate);
                scope.spawn(move || {
                    let house = doors.house(door(command, doors, k));
                    gate.wait();
                    command.perform(house)
                })
            };
            let threads: Vec<_> = crowd.iter().enumerate().map(ask).collect();
            threads.into_iter().map(|thread| thread.join().unwrap().unwrap()).collect()
        });
        doors.level();
        self.doors = Some(doors);
        for (command, said) in crowd.iter().zip(&said) {
            self.note(format!("in a crowd {command}\n    {}", read(said)));
            self.tally.n_commands += 1;
            self.count(command, said);
        }
        let n_told = self.books.told.len();
        let store = picture::of_store(self.doors().house(0), n_told, Look::Whole).unwrap();
        for order in orders(crowd.len()) {
            let mut books = self.books.clone();
            let same = order.iter().all(|k| books.say(&crowd[*k], self.now) == said[*k]);
            if same && picture::of_books(&books, n_told, self.now, Look::Whole) == store {
                self.books = books;
                return;
            }
        }
        let mut books = self.books.clone();
        for command in crowd {
            let said = books.say(command, self.now);
            self.note(format!("the model in this order: {}", read(&said)));
        }
        let differences = differences(&store, &picture::of_books(&books, n_told, self.now, Look::Whole));
        panic!("no order of the crowd explains this\n{}", differences.join("\n"));
    }

    fn close_and_open(&mut self) {
        self.note("the server ends and starts again".into());
        let doors = self.doors.take().unwrap();
        let dir = doors.dir.clone();
        doors.close();
        self.open(&dir);
        let n_told = self.books.told.len();
        self.books.wake(self.now);
        self.tally.n_outages += u64::from(self.books.told.len() > n_told);
        self.compare(n_told, Look::Whole);
    }

    /// Dies while nothing is under way: whatever was answered is there.
    fn kill(&mut self) {
        self.note("killed".into());
        let to = self.next_folder();
        statements::copy(&self.doors().dir, &to);
        let stages = [self.books.clone()];
        self.wake_up_in(to, &stages, self.books.told.len());
    }

    /// The house goes on from what a crash left, and so do the books, from the stage that it left.
    fn wake_up_in(&mut self, dir: PathBuf, stages: &[Books], n_told: usize) {
        self.tally.n_crashes += 1;
        let before = self.doors.take().unwrap();
        let old = before.dir.clone();
        before.close();
        std::fs::remove_dir_all(old).unwrap();
        self.open(&dir);
        let store = picture::of_store(self.doors().house(0), n_told, Look::Whole).unwrap();
        let mut stages = stages.to_vec();
        stages.iter_mut().for_each(|books| books.wake(self.now));
        let of = |books: &Books| picture::of_books(books, n_told, self.now, Look::Whole);
        // The latest that looks so: one that was refused leaves no trace.
        let Some(stage) = stages.iter().rposition(|books| of(books) == store) else {
            let near = |books: &Books| differences(&store, &of(books)).join("\n");
            let all: Vec<String> = stages.iter().map(near).collect();
            panic!("a crash left something in halves\n{}", all.join("\n-- or\n"));
        };
        self.tally.n_crashes_within += u64::from(stage + 1 < stages.len());
        self.books = stages[stage].clone();
        self.note(format!("woke up after {stage} of {} done", stages.len() - 1));
        let audit = self.doors().house(1).audit().unwrap();
        assert_eq!(audit.disagreement, None);
    }

    fn compare(&mut self, n_told: usize, look: Look) {
        self.doors().level();
        let store = picture::of_store(self.doors().house(0), n_told, look).unwrap();
        let books: Picture = picture::of_books(&self.books, n_told, self.now, look);
        let differences = differences(&store, &books);
        assert!(differences.is_empty(), "the store and the model differ\n{}", differences.join("\n"));
        self.books.check();
    }

    fn count(&mut self, command: &Command, said: &Said) {
        let counter = match command {
            Command::Publish { .. } => Some(&mut self.tally.n_published),
            Command::Postpone { .. } => Some(&mut self.tally.n_postponed),
            Command::Pause { .. } => Some(&mut self.tally.n_paused),
            Command::Resume { .. } => Some(&mut self.tally.n_resumed),
            Command::Beat => Some(&mut self.tally.n_outages),
            Command::PublishTerms { .. } => Some(&mut self.tally.n_terms),
            Command::Accept { .. } => Some(&mut self.tally.n_accepted),
            Command::TakePayment { .. } => Some(&mut self.tally.n_payments),
            Command::VoidPayment { .. } => Some(&mut self.tally.n_voids),
            Command::HandOver { .. } => Some(&mut self.tally.n_handovers),
            Command::AtDesk(asked) => Some(match asked.what {
                What::Register(_) => &mut self.tally.n_numbers,
                What::Bid { .. } => &mut self.tally.n_desk_bids,
                What::Pay { .. } => &mut self.tally.n_payments,
                What::Void { .. } => &mut self.tally.n_voids,
                What::HandOver { .. } => &mut self.tally.n_handovers,
            }),
            _ => None,
        };
        let did_something = said.as_ref().is_ok_and(|words| words != "0 prolonged");
        if let Some(counter) = counter.filter(|_| did_something) {
            *counter += 1;
        }
        if matches!(command, Command::Bid(_)) && said.as_ref().is_err_and(|said| said.starts_with("terms_")) {
            self.tally.n_unaccepted += 1;
        }
        match said {
            Ok(_) => self.tally.n_done += 1,
            Err(_) => self.tally.n_refused += 1,
        }
    }

    // --- what comes next

    fn trouble(&mut self) -> Option<Trouble> {
        match self.chance.from(1, 100) {
            1..=9 => {
                let at = usize::try_from(self.chance.from(0, 90)).unwrap();
                Some(Trouble::Copy { at, to: self.next_folder() })
            }
            10..=15 => Some(Trouble::Fail { at: usize::try_from(self.chance.from(0, 40)).unwrap() }),
            _ => None,
        }
    }

    fn person(&mut self) -> i64 {
        self.chance.from(1, self.books.people.len() as i64)
    }

    /// Mostly one that is open, at times one that has ended or never was.
    fn lot(&mut self) -> i64 {
        let open = self.books.open_lots();
        match self.chance.from(1, 20) {
            1 => 99,
            2..=3 if !self.books.lots.is_empty() => self.chance.from(1, self.books.lots.len() as i64),
            _ if !open.is_empty() => self.chance.pick(&open),
            _ => 99,
        }
    }

    fn command(&mut self) -> Command {
        if !self.books.sales.is_empty() && self.chance.percent(24) {
            return self.staff().command();
        }
        if self.chance.percent(12) {
            return self.of_terms();
        }
        let who = self.person();
        match self.chance.from(1, 100) {
            1..=7 if self.books.lots.len() < N_LOTS => Command::List { seller: who, offer: self.offer() },
            8..=26 => self.of_a_sale(who),
            1..=46 => Command::Bid(self.bid()),
            47..=52 => Command::Beat,
            53..=58 => Command::Buy { listing: self.lot(), who },
            59..=62 => {
                let by = self.chance.pick(&[None, Some(who)]);
                Command::Cancel { listing: self.lot(), by }
            }
            63..=70 => self.settle(),
            71..=75 => Command::SettleDue,
            76..=79 => Command::Credit { who, amount: self.chance.from(0, 800) },
            80..=84 => {
                let into_credit = self.chance.percent(40);
                Command::Debit { who, amount: self.amount_of(who, into_credit), into_credit }
            }
            85..=88 => Command::Limit { who, limit: self.chance.from(-1, 2_000) },
            89 => Command::Suspend { who },
            90..=92 => Command::Restore { who },
            93..=95 => self.setting(),
            96 => Command::Open { n: self.chance.from(4, 8), by_admin: self.chance.percent(30) },
            97..=99 => Command::Reverse { settlement: self.chance.from(1, self.books.ends.len() as i64 + 1) },
            _ => Command::Sync,
        }
    }

    /// Terms are published now and then, and most people accept them soon: each hears of it, for otherwise nobody would bid.
    fn of_terms(&mut self) -> Command {
        let newest = self.books.newest().unwrap_or(0);
        let n_people = self.books.people.len() as i64;
        let behind: Vec<i64> = (1..=n_people).filter(|who| self.books.is_behind(*who)).collect();
        match self.chance.from(1, 20) {
            1..=2 => Command::PublishTerms { text: self.chance.from(1, 3) },
            3 => Command::Join {
                n: self.chance.from(6, 10),
                terms: self.chance.pick(&[None, Some(newest), Some(newest), Some(newest - 1)]),
            },
            4..=5 => Command::Accept { who: self.person(), version: self.chance.from(0, newest + 1) },
            _ if behind.is_empty() => Command::Accept { who: self.person(), version: newest },
            _ => Command::Accept { who: self.chance.pick(&behind), version: newest },
        }
    }

    /// About as much as there is.
    fn amount_of(&mut self, who: i64, into_credit: bool) -> i64 {
        let own = self.books.balance(who) - self.books.held(who);
        let all = if into_credit { self.books.available(who) } else { own }.max(0);
        let some = self.chance.from(0, 500);
        self.chance.pick(&[all, all + 1, some, some.min(all)])
    }

    /// One whose close is not so near that the command would wait for it.
    fn settle(&mut self) -> Command {
        let listing = self.lot();
        let ahead = if self.books.is_open(listing) { self.books.closes_at(listing) - self.now } else { 0 };
        if (1..=WAIT_MS).contains(&ahead) { Command::SettleDue } else { Command::Settle { listing } }
    }

    fn setting(&mut self) -> Command {
        let rate = self.chance.pick(&[0, 333, 1_000, 1_250, 10_000, 10_001]);
        let (key, value) = match self.chance.from(1, 8) {
            6..=7 => ("outage", self.chance.pick(&["settle", "extend", "extend"]).to_owned()),
            8 => ("outage_s", self.chance.pick(&[10, 45, 120]).to_string()),
            1..=2 => ("premium_bps", rate.to_string()),
            3 => ("commission_bps", rate.to_string()),
            4 => ("default_credit", self.chance.from(0, 300).to_string()),
            _ => ("sign_up", self.chance.pick(&["open", "approval", "closed"]).to_owned()),
        };
        Command::Set { key, value }
    }

    /// Sales are drafted, filled, published, and then postponed, paused and resumed, at times out of turn.
    fn of_a_sale(&mut self, who: i64) -> Command {
        let n_sales = self.books.sales.len() as i64;
        let published = |evening: &&Evening| evening.stage == Stage::Published;
        let running: Vec<i64> =
            self.books.sales.iter().filter(published).map(|evening| evening.sale.n).collect();
        let sale = match running.is_empty() || self.chance.percent(15) {
            true => self.chance.from(1, n_sales.max(1)),
            false => self.chance.pick(&running),
        };
        let is_paused = stage_of(&self.books, sale).is_some() && self.books.is_paused(sale);
        let stage = stage_of(&self.books, sale);
        let n_lots = self.books.evening(sale).map_or(0, |evening| evening.lots.len());
        let section = self.chance.percent(40).then(|| self.chance.from(1, 2));
        let turn = self.chance.from(1, 100);
        if turn <= 3 && n_sales > 0 {
            return Command::CancelSale { sale };
        }
        if n_sales < N_SALES && turn <= 7 {
            return Command::AddSale(self.sale(n_sales + 1));
        }
        match stage {
            Some(Stage::Draft) if n_lots < 3 || turn <= 50 => self.lot_of(sale, who, section),
            Some(Stage::Draft) if turn <= 90 => Command::Publish { sale },
            _ => match turn {
                13..=25 if self.books.lots.len() < N_LOTS => self.lot_of(sale, who, section),
                13..=50 => {
                    let by_s = self.chance.pick(&[1, 7, 7, 30, 30, 90, 90, 90, 0, 30 * 86_400 + 1]);
                    Command::Postpone { sale, by_s, section }
                }
                51..=95 if is_paused == self.chance.percent(90) => Command::Resume { sale },
                51..=95 => Command::Pause { sale },
                96..=98 => Command::Publish { sale },
                _ => Command::AddSale(self.sale(sale)),
            },
        }
    }

    fn sale(&mut self, n: i64) -> Sale {
        let opens_at = self.chance.percent(50).then(|| self.now + self.chance.from(-5, 60) * 1_000);
        let closes_at = self.now + self.chance.from(-1, 120) * 1_000;
        let soft = (self.chance.from(1, 30), self.chance.from(1, 60), self.chance.from(1, 120));
        let every_s = self.chance.pick(&[0, 1, 10, 20]);
        Sale { n, opens_at, closes_at, every_s, soft: self.chance.percent(60).then_some(soft) }
    }

    fn lot_of(&mut self, sale: i64, seller: i64, section: Option<i64>) -> Command {
        let own = self.chance.percent(15).then(|| self.now + self.chance.from(3, 120) * 1_000);
        let offer = Offer { closes_in_s: 0, soft: None, ..self.offer() };
        Command::AddLot(NewLot { sale, seller, code: self.chance.from(1, 9), section, closes_at: own, offer })
    }

    fn offer(&mut self) -> Offer {
        let opening = self.chance.pick(&[1, 7, 38, 95, 190, 500]) + self.chance.from(0, 3);
        let reserve = self.chance.percent(40).then(|| opening + self.chance.from(0, 120));
        let floor = opening.max(reserve.unwrap_or(0));
        let buy_now = self.chance.percent(40).then(|| floor + self.chance.from(0, 150));
        let soft = (self.chance.from(1, 30), self.chance.from(1, 60), self.chance.from(1, 120));
        let mut offer = Offer {
            opening,
            reserve,
            buy_now,
            increment: self.chance.percent(25).then(|| self.chance.from(1, 25)),
            closes_in_s: self.chance.pick(&[5, 20, 60, 120, 400]),
            soft: self.chance.percent(50).then_some(soft),
        };
        match self.chance.from(1, 40) {
            1 => (offer.opening, offer.reserve) = (0, None),
            2 if opening > 1 => offer.reserve = Some(opening - 1),
            3 if floor > 1 => offer.buy_now = Some(floor - 1),
            4 => offer.closes_in_s = 4,
            5 => offer.soft = Some((0, 1, 1)),
            6 => offer.increment = Some(0),
            _ => {}
        }
        offer
    }

    /// Near whatever makes a difference: the minimum, the leader's maximum, the reserve, what there is to spend.
    fn bid(&mut self) -> Bid {
        if !self.keyed.is_empty() && self.chance.percent(10) {
            return self.chance.pick(&self.keyed.clone());
        }
        let (listing, who) = (self.lot(), self.person());
        let (minimum, near) = self.books.lot(listing).map_or((10, vec![20]), |lot| {
            let max = lot.best().map_or(lot.terms.opening, |(_, max)| max);
            let above = max + step(lot.terms.increment, max);
            let reserve = lot.terms.reserve.unwrap_or(max);
            (lot.minimum(), vec![max - 1, max, max + 1, above, above + 1, reserve - 1, reserve, reserve + 1])
        });
        let amount = match self.chance.from(1, 20) {
            1..=9 => minimum,
            10..=12 => minimum - 1,
            13..=15 => minimum + self.chance.from(1, 60),
            16 => self.chance.from(0, 3),
            _ => self.chance.pick(&near),
        };
        let max = match self.chance.from(1, 20) {
            1..=7 => None,
            8..=13 => Some(self.chance.pick(&near).max(amount)),
            14..=18 => Some(amount + self.chance.from(0, 300)),
            19 => Some(amount - 1),
            _ => Some(self.books.available(who).max(amount)),
        };
        let key = self.chance.percent(15).then(|| self.chance.from(1, 4));
        let bid = Bid { listing, who, amount, max, key };
        if key.is_some() {
            self.keyed.push(bid.clone());
        }
        bid
    }
}

/// A settlement waits for a close that comes within 90 s, which the clock of a simulation never reaches: beside a
/// command that may bring a close so near there is a sweep instead.
fn without_waiting(mut crowd: Vec<Command>) -> Vec<Command> {
    for command in crowd.iter_mut().filter(|command| matches!(command, Command::OpenPass(_))) {
        *command = Command::SettleDue;
    }
    if crowd.iter().any(|command| matches!(command, Command::Resume { .. } | Command::Beat)) {
        for command in crowd.iter_mut().filter(|command| matches!(command, Command::Settle { .. })) {
            *command = Command::SettleDue;
        }
    }
    crowd
}

fn stage_of(books: &Books, sale: i64) -> Option<Stage> {
    books.evening(sale).map(|evening| evening.stage)
}

fn name(door: usize) -> String {
    if door == 0 { "server:".into() } else { format!("beside {door}:") }
}

fn words(trouble: &Option<Trouble>) -> String {
    match trouble {
        None => String::new(),
        Some(Trouble::Copy { at, .. }) => format!("  (killed at statement {at})"),
        Some(Trouble::Fail { at }) => format!("  (statement {at} fails)"),
    }
}

fn read(said: &Said) -> String {
    said.as_ref().map_or_else(|refused| format!("refused: {refused}"), String::clone)
}

/// All orders of `n` things.
fn orders(n: usize) -> Vec<Vec<usize>> {
    let mut orders = vec![vec![]];
    for thing in 0..n {
        let insert = |order: Vec<usize>| {
            (0..=order.len()).map(move |at| {
                let mut order = order.clone();
                order.insert(at, thing);
                order
            })
        };
        orders = orders.into_iter().flat_map(insert).collect();
    }
    orders
}

/// One seed; on failure its whole story is told.
fn run(seed: u64, n_steps: i64, has_journal: bool) -> Tally {
    let mut run = Run::begin(seed, has_journal);
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run.go(n_steps)));
    if let Err(panic) = done {
        for (n, line) in run.story.iter().enumerate() {
            eprintln!("{n:4} {line}");
        }
        eprintln!(
            "again by: AUCTION_SIM_SEED={seed} AUCTION_SIM_STEPS={n_steps} cargo test --test simulation"
        );
        std::panic::resume_unwind(panic);
    }
    if let Some(doors) = run.doors.take() {
        doors.close();
    }
    run.tally
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

#[test]
fn the_house_does_what_the_naive_books_say_through_crashes_and_crowds() {
    seeds(false);
}

#[test]
fn three_machines_with_one_journal_are_one_house() {
    seeds(true);
}

fn seeds(has_journal: bool) {
    let (first, asked) = (number("AUCTION_SIM_SEED"), number("AUCTION_SIM_SEEDS"));
    let n_steps = number("AUCTION_SIM_STEPS").map_or(STEPS, |n| i64::try_from(n).unwrap());
    let n_seeds = asked.unwrap_or(if first.is_some() { 1 } else { u64::MAX });
    let began = Instant::now();
    let (mut tally, mut n_run) = (Tally::default(), 0);
    while n_run < n_seeds && (asked.is_some() || first.is_some() || began.elapsed() < ENOUGH) {
        tally.add(run(first.unwrap_or(1) + n_run, n_steps, has_journal));
        n_run += 1;
        if n_run % 100 == 0 {
            println!("{n_run} seeds in {:?}: {tally:?}", began.elapsed());
        }
    }
    println!("{n_run} seeds in {:?}: {tally:?}", began.elapsed());
    assert!(tally.n_done > 0 && tally.n_crashes > 0, "{tally:?}");
    let timings = [tally.n_published, tally.n_postponed, tally.n_paused, tally.n_resumed, tally.n_outages];
    let desk = [tally.n_numbers, tally.n_desk_bids, tally.n_payments, tally.n_voids, tally.n_handovers];
    let terms = [tally.n_terms, tally.n_accepted, tally.n_unaccepted];
    assert!(n_run < 20 || timings.iter().chain(&desk).chain(&terms).all(|n| *n > 0), "{tally:?}");
}
