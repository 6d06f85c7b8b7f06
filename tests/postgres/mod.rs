//! A PostgreSQL server on loopback for one test, from the programs that `GONGKAI_POSTGRES` names the folder of. It can be
//! killed and started again, and does not outlive its test.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

pub struct Cluster {
    folder: tempfile::TempDir,
    programs: PathBuf,
    port: u16,
    /// Further settings, `-c name=value`.
    settings: Vec<String>,
    server: Mutex<Option<Child>>,
}

impl Cluster {
    /// None where there are no programs, which the test says.
    pub fn start(settings: &[&str]) -> Option<Cluster> {
        let Some(programs) = std::env::var_os("GONGKAI_POSTGRES").map(PathBuf::from) else {
            eprintln!("not run: GONGKAI_POSTGRES names no folder with PostgreSQL's programs");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("gongkai-pg").tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let cluster = Cluster { folder, programs, port, settings, server: Mutex::default() };
        give_away(cluster.folder.path());
        let made = cluster
            .program("initdb")
            .args(["--no-sync", "-A", "trust", "-U", "gongkai", "-D"])
            .arg(cluster.data())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success());
        cluster.up();
        cluster.sql("postgres", "CREATE DATABASE gongkai");
        Some(cluster)
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The frontier's address.
    pub fn url(&self) -> String {
        format!("postgres://gongkai@127.0.0.1:{}/gongkai", self.port)
    }

    /// Makes files the server's own, which it asks of keys.
    pub fn take_in(&self, files: &[&str]) {
        use std::os::unix::fs::PermissionsExt;
        for file in files {
            std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
            give_away(file.as_ref());
        }
    }

    /// Starts the server, and again until what a killed one left behind is gone.
    pub fn up(&self) {
        let mut server = self.server.lock().unwrap();
        for _ in 0..600 {
            let child = server.get_or_insert_with(|| self.spawn());
            if child.try_wait().unwrap().is_some() {
                *server = None;
            } else if self.answers() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("PostgreSQL does not start: {}", std::fs::read_to_string(self.log()).unwrap_or_default());
    }

    /// `kill -9`.
    pub fn kill(&self) {
        if let Some(mut server) = self.server.lock().unwrap().take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }

    /// What `psql` prints, without a frame.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let output = self
            .program("psql")
            .args([
                "-h",
                "127.0.0.1",
                "-p",
                &self.port.to_string(),
                "-U",
                "gongkai",
                "-d",
                database,
                "-XqAt",
                "-c",
                sql,
            ])
            .output()
            .unwrap();
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn spawn(&self) -> Child {
        let log = std::fs::File::create(self.log()).unwrap();
        let mut command = self.program("postgres");
        command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
        command.arg("-k").arg(self.folder.path());
        self.settings.iter().for_each(|setting| {
            command.args(["-c", setting]);
        });
        command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
    }

    fn answers(&self) -> bool {
        let at = SocketAddr::from(([127, 0, 0, 1], self.port));
        TcpStream::connect_timeout(&at, Duration::from_secs(1)).is_ok()
            && self
                .program("pg_isready")
                .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()])
                .status()
                .is_ok_and(|status| status.success())
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// PostgreSQL refuses to run as root: then it runs as its own user.
    fn program(&self, name: &str) -> Command {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new(self.programs.join(name));
        if let Some((user, group)) = other_user() {
            command.uid(user).gid(group);
        }
        command.current_dir(self.folder.path());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let Some(mut server) = self.server.lock().unwrap().take() else { return };
        // SIGQUIT: at once, with all its processes.
        let _ = Command::new("kill").args(["-QUIT", &server.id().to_string()]).status();
        let _ = server.wait();
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// The user that PostgreSQL's package made, for whoever is root.
fn other_user() -> Option<(u32, u32)> {
    if !is_root() {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let line = users.lines().find(|line| line.starts_with("postgres:")).expect("PostgreSQL's package makes a user");
    let fields: Vec<&str> = line.split(':').collect();
    Some((fields[2].parse().unwrap(), fields[3].parse().unwrap()))
}

fn give_away(folder: &std::path::Path) {
    if let Some((user, group)) = other_user() {
        std::os::unix::fs::chown(folder, Some(user), Some(group)).unwrap();
    }
}
