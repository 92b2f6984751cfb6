//! Whoever asks too much at once waits for it, and nobody else does: guests who search, people who log in, sellers who send
//! pictures. The server answers or says that it is busy; it never ends itself, and no pause of the machine ends it.

use crate::harness::{House, PASSWORD, PATIENCE, Person, email, until};
use crate::load::Line;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::json;
use std::io::Cursor;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Ends those who load the house when what is tested is over, even by a panic: the scope waits for them.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn p95(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() * 95 / 100]
}

/// A house with listings that are as costly to search as can be.
fn costly(letter: &str) -> (House, [Person; 3]) {
    let (house, ann, bob, cleo) = House::with(&[("limit_bids_per_s", "0")]);
    let text = format!("{}b", letter.repeat(9_990));
    let mut csv = "seller,title,opening,closes_in_s,description\n".to_owned();
    (0..600).for_each(|n| csv += &format!("ann@example.org,Lot {n},{},3600,{text}\n", 100 + n));
    let file = house.home().join("lots.csv");
    std::fs::write(&file, csv).unwrap();
    house.run(&["listing", "import", file.to_str().unwrap()]).done();
    (house, [ann, bob, cleo])
}

/// Words that each listing holds, and each is compared with for long.
fn costly_words() -> String {
    format!("{}b+{}b", "a".repeat(59), "a".repeat(58))
}

/// How long bids take while `n_guests` connections ask for these paths without end; each gets an answer, or hears that the house is
/// busy.
fn bids_beside(house: &House, [ann, bob, cleo]: &[Person; 3], n_guests: usize, paths: &[String]) -> Duration {
    const N_BIDS: usize = 150;
    let lamp = house.list(ann, json!({"opening": 1, "increment": 1}));
    let (over, n_answers, n_busy) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let ask_on = |path: &str| {
        let mut line = Line::open(house.address()).unwrap();
        while !over.load(Ordering::Relaxed) {
            let heard = line.get(path);
            n_answers.fetch_add(1, Ordering::Relaxed);
            if heard.status != 200 {
                heard.is_busy();
                n_busy.fetch_add(1, Ordering::Relaxed);
                // The gate closes after its own.
                line = Line::open(house.address()).unwrap();
            }
        }
    };
    let p95 = thread::scope(|scope| {
        let ask_on = &ask_on;
        for n in 0..n_guests {
            scope.spawn(move || ask_on(&paths[n % paths.len()]));
        }
        let _over = Over(&over);
        until("guests have their answers", || (n_answers.load(Ordering::Relaxed) > 0).then_some(()));
        let mut line = Line::open(house.address()).unwrap();
        let path = format!("/api/v1/listings/{lamp}/bids");
        let times = (1..=N_BIDS).map(|amount| {
            let token = [bob, cleo][amount % 2].token.as_str();
            let asked = Instant::now();
            let heard = line.post(&path, token, &json!({"amount": amount})).unwrap();
            assert_eq!(heard.status, 201, "{heard:?}");
            asked.elapsed()
        });
        let p95 = p95(times.collect());
        let asked = Instant::now();
        assert_eq!(line.get("/").status, 200);
        println!("beside {n_guests} guests a bid's p95 {p95:.1?}, the home page {:.1?}", asked.elapsed());
        p95
    });
    println!("{n_answers:?} answers, {n_busy:?} of them busy");
    assert_eq!(house.get("/healthz").send().status, 200);
    p95
}

#[test]
fn searching_guests_hold_up_no_bid_and_end_no_server() {
    let (house, cast) = costly("a");
    let path = format!("/api/v1/listings?q={}&limit=1&sort=price", costly_words());
    let p95 = bids_beside(&house, &cast, 20, &[path]);
    assert!(p95 < Duration::from_secs(2), "{p95:?}");
}

#[test]
fn readers_of_all_kinds_hold_up_no_bid() {
    let (house, cast) = costly("a");
    let page = format!("/?q={}&state=all", costly_words());
    let paths =
        ["/", "/listings/1", "/api/v1/listings?limit=200", "/board", "/api/v1/listings/1/proof", &page];
    let p95 = bids_beside(&house, &cast, 120, &paths.map(str::to_owned));
    assert!(p95 < Duration::from_secs(2), "{p95:?}");
}

/// No search costs so much by itself: the words of this house are put where reading them takes without end.
#[test]
fn a_search_beyond_its_budget_is_refused_in_words() {
    let (house, ann, ..) = House::open();
    house.list(&ann, json!({}));
    let endless = "with recursive c(n) as (select 1 union all select n + 1 from c) select max(n) from c";
    let slow = format!(
        "drop table search_text; create view search_text as select 1 as listing_id, ({endless}) as folded"
    );
    house.connection().execute_batch(&slow).unwrap();
    let words = "lamp";
    let told = house.get(&format!("/api/v1/listings?q={words}")).send();
    assert_eq!(told.header("Retry-After"), Some("5"), "{told:?}");
    assert_eq!(told.refused(503, "busy")["retry_after_s"], 5);
    let page = house.get(&format!("/?q={words}")).send();
    assert_eq!((page.status, page.header("Retry-After")), (503, Some("5")), "{page:?}");
    assert!(page.text().contains("The server is busy."), "{page:?}");
    assert_eq!(house.get("/?sort=newest").send().status, 200, "what costs less is found");
    assert!(!house.log().contains("ERROR"), "nothing has failed: {}", house.log());
}

/// One guest's searches wait for each other, and each of the others gets a turn between them.
#[test]
fn a_guest_who_searches_once_has_an_answer_beside_one_who_never_stops() {
    let (house, _) = costly("a");
    let search =
        format!("GET /api/v1/listings?q={}&limit=1&sort=price HTTP/1.1\r\nHost: here\r\n", costly_words());
    let mut rush: Vec<Line> = (0..100).map(|_| Line::open(house.address()).unwrap()).collect();
    for line in &mut rush {
        line.say(&format!("{search}\r\n")).unwrap();
    }
    // Another address of this machine's.
    let other = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let from: std::net::SocketAddr = "127.0.0.2:0".parse().unwrap();
    other.bind(&from.into()).unwrap();
    let to: std::net::SocketAddr = house.address().parse().unwrap();
    other.connect(&to.into()).unwrap();
    let mut other = std::net::TcpStream::from(other);
    other.set_read_timeout(Some(PATIENCE)).unwrap();
    std::io::Write::write_all(&mut other, format!("{search}Connection: close\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut other, &mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
    let n_before = rush.iter().filter(|line| line.is_answered()).count();
    assert!(n_before < 50, "{n_before} of the others' came first");
}

#[test]
fn three_hundred_log_ins_of_one_account_hold_up_nobody_else() {
    const N_RUSH: usize = 300;
    let (house, ann, ..) = House::open();
    let lamp = house.list(&ann, json!({}));
    let body = json!({"email": email("Ann"), "password": PASSWORD}).to_string();
    let request = format!(
        "POST /api/v1/sessions HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut rush: Vec<Line> = (0..N_RUSH).map(|_| Line::open(house.address()).unwrap()).collect();
    for line in &mut rush {
        line.say(&request).unwrap();
    }
    let asked = Instant::now();
    let bob = house.log_in("Bob");
    let logged_in = asked.elapsed();
    house.post(&format!("/api/v1/listings/{lamp}/watch")).by(&bob).send();
    let n_before = rush.iter().filter(|line| line.is_answered()).count();
    println!(
        "Bob's log-in {logged_in:.1?}, his write {:.1?}; {n_before} of the rush before",
        asked.elapsed() - logged_in
    );
    assert!(n_before < N_RUSH / 2, "{n_before} came first");
}

/// Pictures have threads of their own: a log-in waits for none of them.
#[test]
fn uploads_hold_up_no_log_in() {
    let (house, ann, ..) = House::open();
    let mut picture = Vec::new();
    let pixels = RgbImage::from_fn(2_000, 1_500, |x, y| Rgb([x as u8, y as u8, (x / 16 + y) as u8]));
    DynamicImage::ImageRgb8(pixels).write_to(&mut Cursor::new(&mut picture), ImageFormat::Jpeg).unwrap();
    let fields = [("title", "Brass lamp"), ("opening", "1000"), ("closes_in_s", "3600")];
    let (over, n_sent) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let pictures = vec![picture.clone(); 4];
                while !over.load(Ordering::Relaxed) {
                    let sent = house.post("/api/v1/listings").by(&ann).multipart(&fields, None);
                    n_sent.fetch_add(1, Ordering::Relaxed);
                    let status = sent.pictures(&pictures).send().status;
                    assert!([201, 429, 503].contains(&status), "{status}");
                }
            });
        }
        let _over = Over(&over);
        until("pictures are under way", || (n_sent.load(Ordering::Relaxed) >= 4).then_some(()));
        let times = (0..20).map(|_| {
            let asked = Instant::now();
            house.log_in("Bob");
            asked.elapsed()
        });
        let slowest = times.max().unwrap();
        println!("beside uploads the slowest of 20 log-ins took {slowest:.1?}");
        assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    });
}

fn signal(house: &House, name: &str) {
    let sent = Command::new("/bin/kill").args([name, &house.server_id().to_string()]).status();
    assert!(sent.unwrap().success());
}

/// Longer than anything that the gate waits for; meanwhile nobody could be heard, and nobody loses their time for it.
#[test]
fn a_machine_that_pauses_ends_neither_the_server_nor_its_clients() {
    let (house, ..) = House::open();
    let mut kept = Line::open(house.address()).unwrap();
    assert_eq!(kept.get("/").status, 200);
    for pause_ms in [6_500, 11_000, 6_500] {
        let mut half = Line::open(house.address()).unwrap();
        half.say("GET / HTTP/1.1\r\n").unwrap();
        // The gate has read that half once it has answered what came after it.
        assert_eq!(kept.get("/").status, 200);
        signal(&house, "-STOP");
        thread::sleep(Duration::from_millis(pause_ms));
        signal(&house, "-CONT");
        assert_eq!(kept.get("/").status, 200);
        half.say("Host: here\r\n\r\n").unwrap();
        assert_eq!(half.hear().unwrap().status, 200);
    }
    assert!(!house.log().contains("has failed"), "{}", house.log());
}
