//! Ending and beginning again: what is under way is finished, and with a socket that the service manager holds nobody is
//! refused in between.

use crate::harness::{House, until};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Starts a server on a socket handed over as its standard input.
fn serve(house: &House, socket: &TcpListener) -> Child {
    let socket = OwnedFd::from(socket.try_clone().unwrap());
    let mut child = house
        .command()
        .args(["-q", "serve", "--scheduler", "none"])
        .env("LISTEN_FDS", "1")
        .env("LISTEN_FDS_FIRST_FD", "0")
        .stdin(Stdio::from(socket))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("listening on http://127.0.0.1:"), "{line}");
    child
}

fn end(mut child: Child) {
    let began = Instant::now();
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    let status = until("the server's end", || child.try_wait().unwrap());
    assert!(status.success(), "{status}");
    assert!(began.elapsed() < Duration::from_secs(5), "it took {:?}", began.elapsed());
}

fn ask(address: std::net::SocketAddr) -> TcpStream {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    socket.write_all(b"GET /api/v1/time HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").unwrap();
    socket
}

fn answer(mut socket: TcpStream) -> String {
    let mut text = String::new();
    socket.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_restart_on_a_handed_over_socket_refuses_nobody() {
    let house = House::bare();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let first = serve(&house, &socket);
    assert!(answer(ask(address)).starts_with("HTTP/1.1 200"));
    end(first);
    let waiting = ask(address);
    let second = serve(&house, &socket);
    assert!(answer(waiting).starts_with("HTTP/1.1 200"));
    end(second);
}
