//! Starts a program, feeds it, and reads what it prints: the one place where a process is spawned. It must never wait
//! longer, or read more, than its limits.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// A scheduler's program that takes longer hangs.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// A tab of 10,000 lines, the most that cron takes, of 1,000 bytes each, and as much again.
const MAX_OUTPUT_BYTES: u64 = 20 << 20;

pub(super) struct Ran {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    /// What it printed on stderr, trimmed.
    pub said: String,
}

impl Ran {
    /// Returns the first line that it printed on stderr, for an error message.
    pub fn reason(&self) -> &str {
        self.said.lines().next().unwrap_or("it gave no reason")
    }
}

/// Runs `program` in the C locale until it ends. After `limit` it is killed, which is an error; so are a program that
/// cannot be started and more than 20 MiB of output. A bad exit status is not.
pub(super) fn run(program: &Path, args: &[&str], input: &[u8], limit: Duration) -> Result<Ran> {
    run_with(program, args, &[], input, limit)
}

/// [`run`] with these environment variables added.
pub(super) fn run_with(
    program: &Path,
    args: &[&str],
    variables: &[(&str, OsString)],
    input: &[u8],
    limit: Duration,
) -> Result<Ran> {
    let until = Instant::now() + limit;
    let name = program.display();
    let mut command = Command::new(program);
    without_window(&mut command);
    let mut child = command
        .args(args)
        .env("LC_ALL", "C")
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{name} cannot be started"))?;
    feed(&mut child, input.to_vec());
    let stdout = read_aside(child.stdout.take());
    let stderr = read_aside(child.stderr.take());
    let status = wait(&mut child, until).with_context(|| format!("wait for {name}"))?;
    let Some(status) = status else {
        bail!("{name} {} was still running after {} s, and was ended", args.join(" "), limit.as_secs_f32());
    };
    let stdout = collect(&stdout, until).with_context(|| format!("read what {name} printed"))?;
    let stderr = collect(&stderr, until).with_context(|| format!("read the errors of {name}"))?;
    Ok(Ran { status, stdout, said: String::from_utf8_lossy(&stderr).trim().to_owned() })
}

/// Windows opens a console for each program that a server without one starts.
#[cfg(windows)]
fn without_window(command: &mut Command) {
    use std::os::windows::process::CommandExt;
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    command.creation_flags(CREATE_NO_WINDOW);
}

#[cfg(not(windows))]
fn without_window(_: &mut Command) {}

/// Writes from a thread of its own: a program that never reads must not stop us. One that ends without reading
/// everything gives the reason by its exit status.
fn feed(child: &mut Child, input: Vec<u8>) {
    let mut stdin = child.stdin.take().expect("stdin is piped");
    std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
}

/// Reads in a thread of its own, which ends with the pipe: a grandchild that keeps the pipe open delays us until the
/// limit, not for ever.
fn read_aside(pipe: Option<impl Read + Send + 'static>) -> Receiver<std::io::Result<Vec<u8>>> {
    let pipe = pipe.expect("the output is piped");
    let (tell, told) = sync_channel(1);
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = pipe.take(MAX_OUTPUT_BYTES + 1).read_to_end(&mut bytes);
        let _ = tell.send(read.map(|_| bytes));
    });
    told
}

/// Returns the exit status, or `None` if it had to be killed.
fn wait(child: &mut Child, until: Instant) -> std::io::Result<Option<ExitStatus>> {
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= until {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

fn collect(told: &Receiver<std::io::Result<Vec<u8>>>, until: Instant) -> Result<Vec<u8>> {
    let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(100));
    let bytes = told.recv_timeout(left).context("it did not close its output")??;
    ensure!(bytes.len() as u64 <= MAX_OUTPUT_BYTES, "it is longer than {MAX_OUTPUT_BYTES} bytes");
    Ok(bytes)
}
