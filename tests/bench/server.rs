//! The real program for a benchmark, and a kept connection to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub fn serve(dir: &Path) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_auction"))
        .args(["--data-dir", dir.to_str().expect("a plain path"), "-q"])
        .args(["serve", "--listen", "127.0.0.1:0", "--scheduler", "none"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("start the server");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("its first line");
    let address = line.trim().rsplit('/').next().expect("an address").to_owned();
    (child, address)
}

/// One kept connection.
pub struct Line {
    socket: BufReader<TcpStream>,
}

impl Line {
    pub fn open(address: &str) -> Line {
        let socket = TcpStream::connect(address).expect("connect");
        socket.set_nodelay(true).expect("set");
        Line { socket: BufReader::new(socket) }
    }

    /// The status and the body, which is text.
    #[allow(dead_code)] // Pages may be compressed.
    pub fn ask(&mut self, request: &str) -> (u16, String) {
        let (status, body) = self.ask_for_bytes(request);
        (status, String::from_utf8(body).expect("text"))
    }

    pub fn ask_for_bytes(&mut self, request: &str) -> (u16, Vec<u8>) {
        self.ask_with(request, &[])
    }

    /// With a body that is no text.
    pub fn ask_with(&mut self, head: &str, body: &[u8]) -> (u16, Vec<u8>) {
        self.socket.get_mut().write_all(head.as_bytes()).expect("send");
        self.socket.get_mut().write_all(body).expect("send");
        let (mut status, mut length, mut line) = (0, 0, String::new());
        loop {
            line.clear();
            self.socket.read_line(&mut line).expect("read");
            if line == "\r\n" {
                break;
            }
            if let Some(code) = line.strip_prefix("HTTP/1.1 ") {
                status = code[..3].parse().expect("a status");
            } else if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                length = value.trim().parse().expect("a length");
            }
        }
        let mut body = vec![0; length];
        self.socket.read_exact(&mut body).expect("read");
        (status, body)
    }

    #[allow(dead_code)] // Not every benchmark bids.
    pub fn bid(&mut self, address: &str, token: &str, listing: usize, amount: i64) -> (u16, String) {
        let body = format!("{{\"amount\":{amount}}}");
        self.ask(&format!(
            "POST /api/v1/listings/{listing}/bids HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }
}
