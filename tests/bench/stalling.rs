//! What honest clients feel of those that stall: half-sent heads beside requests, watchers that do not read beside
//! watchers that do. Each figure stands beside the same one without the stalling, in the same run.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use auction::gate::outlet::{WatcherEvent, WatcherId};

use crate::asking::{Reader, get};
use crate::report::say;
use crate::{answer, expect, gated, readers};

const N_TRICKLING: usize = 500;
const N_HONEST: usize = 8;
/// Less than a head may take.
const SPAN: Duration = Duration::from_secs(5);
const N_READING: usize = 100;
const N_BLOCKS: usize = 300;
const BLOCK_BYTES: usize = 8 * 1024;
/// Between two blocks.
const PACE: Duration = Duration::from_millis(5);

/// 500 clients that send a byte of their head every 100 ms each, beside 8 that ask and wait in turns.
pub fn trickling_heads() {
    let (address, _gate, _told) = gated(1000, answer);
    let without = honest(address);
    let done = Arc::new(AtomicBool::new(false));
    let stop = done.clone();
    let mut heads: Vec<TcpStream> = (0..N_TRICKLING).map(|_| TcpStream::connect(address).unwrap()).collect();
    let trickling = thread::spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            for some in heads.chunks_mut(10) {
                some.iter_mut().for_each(|head| head.write_all(b"G").unwrap());
                thread::sleep(Duration::from_millis(2));
            }
        }
    });
    let beside = honest(address);
    done.store(true, Ordering::Relaxed);
    trickling.join().unwrap();
    say(format!(
        "{N_HONEST} honest clients, p50 / p99 / worst: {} alone, {} beside {N_TRICKLING} half-sent heads",
        said(without),
        said(beside)
    ));
}

/// How long answers take, all clients together.
fn honest(address: SocketAddr) -> Vec<Duration> {
    let clients: Vec<_> = (0..N_HONEST)
        .map(|number| {
            thread::spawn(move || {
                let (mut client, next) = (Reader::new(address, number), get("/"));
                let (mut times, until) = (Vec::new(), Instant::now() + SPAN);
                while Instant::now() < until {
                    let asked = Instant::now();
                    client.ask(&next);
                    client.skip_answer();
                    times.push(asked.elapsed());
                    thread::sleep(Duration::from_millis(2));
                }
                times
            })
        })
        .collect();
    clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
}

/// Blocks to 100 watchers that read, beside some that never do: when the last of those that read has each.
pub fn stalled_watchers() {
    for n_stalled in [0, 20, 200] {
        let (address, gate, told) = gated(1000, answer);
        let opened = || match told.recv_timeout(Duration::from_secs(60)).unwrap() {
            WatcherEvent::Opened { watcher, .. } => watcher,
            other => panic!("{other:?}"),
        };
        let stalled: Vec<(TcpStream, WatcherId)> = (0..n_stalled)
            .map(|_| {
                let mut stream = TcpStream::connect(address).unwrap();
                socket2::SockRef::from(&stream).set_recv_buffer_size(4096).unwrap();
                stream.write_all(b"GET /watch HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
                (stream, opened())
            })
            .collect();
        let block = vec![b'x'; BLOCK_BYTES];
        let framed = format!("{BLOCK_BYTES:x}\r\n\r\n").len() + BLOCK_BYTES;
        let (mut child, mut said_by_readers) = readers(address, N_READING, framed);
        let reading = (0..N_READING).map(|_| opened());
        let all: Arc<[WatcherId]> = stalled.iter().map(|(_, id)| *id).chain(reading).collect();
        expect(&mut said_by_readers, "ready");
        let outlet = gate.outlet();
        let times = (0..N_BLOCKS).map(|_| {
            thread::sleep(PACE);
            let began = Instant::now();
            outlet.send(all.clone(), &block);
            expect(&mut said_by_readers, "round");
            began.elapsed()
        });
        say(format!(
            "a block of 8 KiB to the last of {N_READING} watchers, p50 / p99 / worst of {N_BLOCKS}: {} beside {n_stalled} \
             stalled ones",
            said(times.collect())
        ));
        child.kill().unwrap();
        child.wait().unwrap();
        gate.stop(Duration::from_secs(1), b"");
    }
}

fn said(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 1000].as_secs_f64() * 1e3;
    format!("{:.2} / {:.2} / {:.1} ms", at(500), at(990), at(1000))
}
