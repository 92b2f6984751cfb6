//! The private way from the gate to tiny_http. On Linux a Unix socket that nobody else can reach: made in a
//! directory of this user's own, which is removed at once, so that only the gate still holds a handle to it.
//! Elsewhere a loopback port. The gate's word in each request guards either a second time.

use std::io;

use tiny_http::Listener;

#[cfg(target_os = "linux")]
pub(super) type Link = mio::net::UnixStream;
#[cfg(not(target_os = "linux"))]
pub(super) type Link = mio::net::TcpStream;

/// Where the private listener is.
pub(super) struct Address {
    #[cfg(target_os = "linux")]
    socket: std::fs::File,
    #[cfg(not(target_os = "linux"))]
    port: std::net::SocketAddr,
}

#[cfg(target_os = "linux")]
pub(super) fn listen() -> io::Result<(Listener, Address)> {
    use std::os::unix::fs::OpenOptionsExt;
    /// A handle to the file itself, which a socket cannot be opened without: open(2), as on x86, Arm and RISC-V.
    const O_PATH: i32 = 0o10_000_000;
    let directory = tempfile::Builder::new().prefix("gate-").tempdir()?;
    let path = directory.path().join("http");
    let listener = std::os::unix::net::UnixListener::bind(&path)?;
    let socket = std::fs::OpenOptions::new().read(true).custom_flags(O_PATH).open(&path)?;
    directory.close()?;
    Ok((listener.into(), Address { socket }))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn listen() -> io::Result<(Listener, Address)> {
    let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?;
    // Where accepted sockets do not inherit it, answers are only slower.
    socket2::SockRef::from(&listener).set_tcp_nodelay(true)?;
    Ok((listener.into(), Address { port }))
}

/// Reads without taking: the bytes stay on the link, as the first of the next read. Where that is not known it takes them.
/// Also says how many bytes stay.
///
/// On Linux, whoever takes bytes off a Unix socket wakes the thread that waits at the other end for something to read,
/// as if there were something: tiny_http's would wake twice for each request. So an answer is left where it is until
/// the next request is on its way, which wakes that thread in any case.
#[cfg(target_os = "linux")]
pub(super) fn look(link: &Link, buffer: &mut [u8]) -> io::Result<(usize, usize)> {
    let (read, _) = rustix::net::recv(link, buffer, rustix::net::RecvFlags::PEEK)?;
    Ok((read, read))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn look(mut link: &Link, buffer: &mut [u8]) -> io::Result<(usize, usize)> {
    io::Read::read(&mut link, buffer).map(|read| (read, 0))
}

impl Address {
    #[cfg(target_os = "linux")]
    pub fn connect(&self) -> io::Result<Link> {
        use std::os::fd::AsRawFd;
        Link::connect(format!("/proc/self/fd/{}", self.socket.as_raw_fd()))
    }

    #[cfg(not(target_os = "linux"))]
    pub fn connect(&self) -> io::Result<Link> {
        let stream = std::net::TcpStream::connect(self.port)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Link::from_std(stream))
    }
}
