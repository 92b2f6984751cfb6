//! A real PostgreSQL of a test's own: a primary and, where it is asked for, a synchronous standby, in a temporary folder, on
//! loopback, as the user postgres (the server refuses to run as root). They end with the test.

use crate::harness::{PATIENCE, until};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Where Debian puts each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// One server.
pub struct Server {
    data: PathBuf,
    pub port: u16,
    child: Option<Child>,
}

/// A journal's servers; the first is the primary.
pub struct Postgres {
    folder: TempDir,
    pub servers: Vec<Server>,
}

impl Postgres {
    /// A primary alone, which waits for nobody.
    pub fn alone() -> Postgres {
        let folder = tempfile::tempdir().unwrap();
        let mut open = std::fs::metadata(folder.path()).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut open, 0o777);
        std::fs::set_permissions(folder.path(), open).unwrap();
        let data = folder.path().join("a");
        done(
            as_postgres("initdb")
                .args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-D"])
                .arg(&data),
        );
        let port = free_port();
        let settings = format!(
            "port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nshared_buffers = 16MB\n\
             max_wal_senders = 4\nwal_keep_size = 64MB\nhot_standby = on\nlog_min_messages = warning\n"
        );
        add(&data.join("postgresql.conf"), &settings);
        let mut postgres = Postgres { folder, servers: vec![Server { data, port, child: None }] };
        postgres.servers[0].start();
        postgres.sql(0, "create role auction login; grant pg_monitor to auction");
        postgres.sql(0, "create database auction owner auction");
        postgres
    }

    /// A primary that acknowledges what its standby has.
    pub fn with_standby() -> Postgres {
        let mut postgres = Postgres::alone();
        postgres.add_standby("b");
        postgres.sql(0, "alter system set synchronous_standby_names = 'b'");
        postgres.sql(0, "select pg_reload_conf()");
        until("the standby is in sync", || {
            (postgres.ask(0, "select sync_state from pg_stat_replication") == "sync").then_some(())
        });
        postgres
    }

    fn add_standby(&mut self, name: &str) {
        let (data, port) = (self.folder.path().join(name), free_port());
        let primary = self.servers[0].port;
        done(
            as_postgres("pg_basebackup")
                .args(["--no-sync", "-R", "-c", "fast", "-h", "127.0.0.1", "-U", "postgres"])
                .args(["-p", &primary.to_string(), "-D"])
                .arg(&data),
        );
        let settings = format!(
            "port = {port}\nprimary_conninfo = 'host=127.0.0.1 port={primary} user=postgres application_name={name}'\n"
        );
        add(&data.join("postgresql.auto.conf"), &settings);
        let mut server = Server { data, port, child: None };
        server.start();
        self.servers.push(server);
    }

    /// What `journal_url` names: both servers, of which the one that can be written is used.
    pub fn url(&self) -> String {
        let hosts: Vec<String> =
            self.servers.iter().map(|server| format!("127.0.0.1:{}", server.port)).collect();
        format!("postgresql://auction@{}/auction?target_session_attrs=read-write", hosts.join(","))
    }

    /// Runs a statement as the superuser.
    pub fn sql(&self, server: usize, sql: &str) {
        self.psql(server, "postgres", sql);
    }

    /// One value of the journal's database.
    pub fn ask(&self, server: usize, sql: &str) -> String {
        self.psql(server, "auction", sql)
    }

    fn psql(&self, server: usize, database: &str, sql: &str) -> String {
        let port = self.servers[server].port.to_string();
        let mut psql = as_postgres("psql");
        psql.args([
            "-h",
            "127.0.0.1",
            "-U",
            "postgres",
            "-At",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-p",
            &port,
            "-d",
            database,
            "-c",
            sql,
        ]);
        let out = psql.output().unwrap();
        assert!(out.status.success(), "{sql}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim().to_owned()
    }

    /// Makes a standby the primary; it waits for nobody then.
    pub fn promote(&mut self, server: usize) {
        self.sql(server, "alter system set synchronous_standby_names = ''");
        self.sql(server, "select pg_reload_conf()");
        self.sql(server, "select pg_promote(true, 60)");
    }
}

impl Server {
    fn start(&mut self) {
        let log =
            std::fs::File::options().create(true).append(true).open(self.data.with_extension("log")).unwrap();
        let mut command = as_postgres("postgres");
        command.arg("-D").arg(&self.data).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.child = Some(command.process_group(0).spawn().unwrap());
        let port = self.port.to_string();
        until("PostgreSQL takes connections", || {
            let ready =
                as_postgres("pg_isready").args(["-q", "-h", "127.0.0.1", "-p", &port]).status().unwrap();
            ready.success().then_some(())
        });
    }

    /// Ends it and all its processes as a power cut does.
    pub fn kill(&mut self) {
        self.signal("KILL");
        if let Some(mut child) = self.child.take() {
            child.wait().unwrap();
        }
    }

    pub fn stop_for_a_while(&self) {
        self.signal("STOP");
    }

    pub fn go_on(&self) {
        self.signal("CONT");
    }

    /// Whether any process still has the shared memory of this folder.
    fn has_processes(&self) -> bool {
        let data = self.data.display().to_string();
        Command::new("/usr/bin/pgrep").args(["-f", &data]).stdout(Stdio::null()).status().unwrap().success()
    }

    /// Starts it again where it was.
    pub fn start_again(&mut self) {
        until("its processes have ended", || (!self.has_processes()).then_some(()));
        std::fs::remove_file(self.data.join("postmaster.pid")).ok();
        self.start();
    }

    /// To the server and to each of its processes, which have sessions of their own.
    fn signal(&self, name: &str) {
        if let Some(child) = &self.child {
            let (signal, pid) = (format!("-{name}"), child.id().to_string());
            Command::new("/bin/kill").args([&signal, &pid]).status().unwrap();
            Command::new("/usr/bin/pkill").args([&signal, "-P", &pid]).status().unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal("CONT");
        self.kill();
    }
}

/// The newest version that is installed.
fn newest() -> PathBuf {
    let versions = std::fs::read_dir(VERSIONS).unwrap().map(|entry| entry.unwrap().path());
    let number = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    versions.max_by_key(number).expect("PostgreSQL is installed")
}

fn as_postgres(program: &str) -> Command {
    let mut command = Command::new("/usr/bin/setpriv");
    command
        .args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"])
        .arg(newest().join("bin").join(program));
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").current_dir("/");
    command
}

fn done(command: &mut Command) {
    let out = command.output().unwrap();
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
}

fn add(file: &Path, text: &str) {
    use std::io::Write;
    std::fs::File::options().append(true).open(file).unwrap().write_all(text.as_bytes()).unwrap();
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits for something that must come soon, and says how long it took.
pub fn within(what: &str, limit: Duration, mut look: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !look() {
        assert!(began.elapsed() < limit.min(PATIENCE), "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
    began.elapsed()
}
