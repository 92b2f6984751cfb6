//! Asks a server over kept connections, all in flight at once, and says how many answers came in a second, at what cost.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

pub const SPAN: Duration = Duration::from_secs(2);

/// Writes the next request of a connection, known by its number.
pub type Next = Arc<dyn Fn(usize, &mut String) + Send + Sync>;

pub fn get(path: &str) -> Next {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n");
    Arc::new(move |_, out| out.push_str(&request))
}

/// Answers a second and microseconds of CPU for each (this whole process, the asking side included); two threads ask on
/// half of the connections each. The connections are opened one after the other and used before the next, or tiny_http
/// alone would strand some.
pub fn rate(address: SocketAddr, next: &Next, connections: usize) -> (f64, f64) {
    let n_threads = connections.min(2);
    let together = Arc::new(Barrier::new(n_threads));
    let open = |number| {
        let mut stream = Reader::new(address, number);
        stream.ask(next);
        stream.skip_answer();
        stream
    };
    let mut streams: Vec<Reader> = (0..connections).map(open).collect();
    let rest = if n_threads == 2 { streams.split_off(connections / 2) } else { Vec::new() };
    let askers = [streams, rest].into_iter().filter(|streams| !streams.is_empty()).map(|mut streams| {
        let (together, next) = (together.clone(), next.clone());
        thread::spawn(move || {
            together.wait();
            let (began, mut answers) = (Instant::now(), 0);
            while began.elapsed() < SPAN {
                streams.iter_mut().for_each(|stream| stream.ask(&next));
                streams.iter_mut().for_each(Reader::skip_answer);
                answers += streams.len();
            }
            answers as f64 / began.elapsed().as_secs_f64()
        })
    });
    let cpu_before = cpu_seconds();
    let askers: Vec<_> = askers.collect();
    let rate: f64 = askers.into_iter().map(|asker| asker.join().unwrap()).sum();
    (rate, (cpu_seconds() - cpu_before) * 1e6 / (rate * SPAN.as_secs_f64()))
}

pub struct Reader {
    stream: TcpStream,
    number: usize,
    request: String,
    buffer: Vec<u8>,
}

impl Reader {
    pub fn new(address: SocketAddr, number: usize) -> Reader {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Reader { stream, number, request: String::new(), buffer: vec![0; 64 * 1024] }
    }

    pub fn ask(&mut self, next: &Next) {
        self.request.clear();
        next(self.number, &mut self.request);
        self.stream.write_all(self.request.as_bytes()).unwrap();
    }

    pub fn skip_answer(&mut self) {
        let mut filled = 0;
        let end = loop {
            let read = self.stream.read(&mut self.buffer[filled..]).unwrap();
            assert!(read > 0, "closed");
            filled += read;
            if let Some(end) = find(&self.buffer[..filled], b"\r\n\r\n") {
                break end + 4;
            }
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 20"), "{head}");
        if let Some((_, rest)) = head.split_once("content-length: ") {
            let mut left = rest.lines().next().unwrap().parse::<usize>().unwrap() - (filled - end);
            while left > 0 {
                left -= self.stream.read(&mut self.buffer).unwrap();
            }
        } else {
            // Chunked: an answer's data never ends like its last chunk.
            let mut tail = self.buffer[end..filled].to_vec();
            while !tail.ends_with(b"\r\n0\r\n\r\n") {
                let read = self.stream.read(&mut self.buffer).unwrap();
                tail.extend_from_slice(&self.buffer[..read]);
                tail.drain(..tail.len().saturating_sub(16));
            }
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// Of this whole process, the asking side included.
pub fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.rsplit(')').next().unwrap_or("").split_whitespace().skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
