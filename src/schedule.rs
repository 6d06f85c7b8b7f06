//! When the nightly run may ask: a window of the day in China time, and the units and lines that start it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::{Offset, TimeZone};

/// A part of each day in China time (UTC+8, no summer time); over midnight where it ends before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub opens: Time,
    pub closes: Time,
}

/// How a window stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Open { for_another: Duration },
    Closed { opens_in: Duration },
}

const DAY: i64 = 24 * 3_600;

impl Window {
    pub fn standing(&self, now: Timestamp) -> Standing {
        let time = china().to_datetime(now).time();
        let until = |then: Time| {
            let seconds = then.duration_since(time).as_secs().rem_euclid(DAY);
            // The second that has begun is not over.
            Duration::from_secs(if seconds == 0 { DAY } else { seconds }.unsigned_abs())
        };
        let open = if self.opens < self.closes {
            (self.opens..self.closes).contains(&time)
        } else {
            time >= self.opens || time < self.closes
        };
        if open {
            Standing::Open { for_another: until(self.closes) }
        } else {
            Standing::Closed { opens_in: until(self.opens) }
        }
    }
}

impl std::str::FromStr for Window {
    type Err = String;

    fn from_str(text: &str) -> Result<Window, String> {
        let wrong = || format!("{text:?} is no window: write \"22:00-06:00\"");
        let (opens, closes) = text.split_once('-').ok_or_else(wrong)?;
        let time = |text: &str| clock_time(text).ok_or_else(wrong);
        let window = Window { opens: time(opens)?, closes: time(closes)? };
        if window.opens == window.closes { Err(wrong()) } else { Ok(window) }
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} to {} China time", self.opens.strftime("%H:%M"), self.closes.strftime("%H:%M"))
    }
}

fn china() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

/// `HH:MM`.
pub fn clock_time(text: &str) -> Option<Time> {
    Time::strptime("%H:%M", text.trim()).ok()
}

/// The next moment at which China's clocks show `at`.
pub fn next(at: Time, now: Timestamp) -> Timestamp {
    let zone = china();
    let today = zone.to_datetime(now).date();
    [today, today.tomorrow().unwrap_or(today)]
        .into_iter()
        .filter_map(|day| zone.to_timestamp(day.to_datetime(at)).ok())
        .find(|then| *then > now)
        .unwrap_or(now)
}

/// What starts the nightly run on a machine.
#[derive(Clone, Debug)]
pub struct Nightly {
    pub program: PathBuf,
    /// Where it is run; names in a configuration left out are relative to it.
    pub folder: PathBuf,
    pub config: Option<PathBuf>,
    pub archive: PathBuf,
    /// China time.
    pub at: Time,
    /// Of the run, as on a command line.
    pub options: Vec<OsString>,
    /// The account it runs under; the unit's own where not known.
    pub user: Option<String>,
}

impl Nightly {
    /// The program with the files it works on, each path as `word` writes it.
    fn command(&self, word: fn(&Path) -> String) -> String {
        let config = self.config.as_deref().map_or(String::new(), |path| format!(" --config {}", word(path)));
        format!("{}{config} --archive {}", word(&self.program), word(&self.archive))
    }

    /// The run's own options; what is not said about a run before it that is still going is that this one is left out.
    fn options(&self, word: fn(&Path) -> String) -> String {
        let is_said = self.options.iter().any(|option| option.to_string_lossy().starts_with("--overlap"));
        let overlap = if is_said { "" } else { " --overlap skip" };
        let own: String = self.options.iter().map(|option| format!(" {}", word(Path::new(option)))).collect();
        format!("{overlap}{own}")
    }

    /// A systemd service that can write beside the archive and nowhere else (systemd.exec(5)).
    pub fn service(&self) -> String {
        let beside = self.archive.parent().unwrap_or(Path::new("/"));
        let user = self.user.as_ref().map_or(String::new(), |user| format!("User={user}\n"));
        format!(
            "[Unit]
Description=gongkai: nightly crawl of disclosure reports
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
{user}WorkingDirectory={folder}
ExecStart={command} crawl{options}
# 3: done in part; 4: interrupted, and gone on with next time.
SuccessExitStatus=3 4
TimeoutStopSec=30
Nice=10
UMask=0027
NoNewPrivileges=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={writable}
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
CapabilityBoundingSet=
",
            // A path of its own takes no quotes (systemd.exec(5)), a list of paths does.
            folder = specified(&self.folder),
            writable = unit(beside),
            command = self.command(unit),
            options = self.options(unit),
        )
    }

    /// The timer of [`Nightly::service`]; a night missed is made up for.
    pub fn timer(&self) -> String {
        format!(
            "[Unit]
Description=gongkai: every night at {at} China time

[Timer]
OnCalendar=*-*-* {at}:00 Asia/Shanghai
RandomizedDelaySec=10min
Persistent=true

[Install]
WantedBy=timers.target
",
            at = self.at.strftime("%H:%M")
        )
    }

    /// A crontab line for a machine in `zone`, whose cron knows no other time than its own.
    pub fn cron(&self, zone: &TimeZone, now: Timestamp) -> String {
        let local = zone.to_datetime(next(self.at, now));
        let log = self.archive.with_extension("log");
        let command = format!(
            "cd {} && {} -q crawl{} >>{} 2>&1",
            shell(&self.folder),
            self.command(shell),
            self.options(shell),
            shell(&log)
        );
        // In a crontab % begins the command's input.
        format!("{} {} * * * {}\n", local.minute(), local.hour(), command.replace('%', "\\%"))
    }
}

/// A path in a unit: specifiers doubled.
fn specified(path: &Path) -> String {
    path.display().to_string().replace('%', "%%")
}

/// A path as a word of a unit: in quotes.
fn unit(path: &Path) -> String {
    let text = specified(path).replace('\\', "\\\\").replace('"', "\\\"").replace('$', "$$");
    format!("\"{text}\"")
}

/// A path for a POSIX shell.
fn shell(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_over_midnight() {
        let window: Window = "22:00-06:00".parse().unwrap();
        let hours = |n: u64| Duration::from_secs(n * 3_600);
        for (now, standing) in [
            ("2026-01-01T13:59:00Z", Standing::Closed { opens_in: Duration::from_secs(60) }),
            ("2026-01-01T14:00:00Z", Standing::Open { for_another: hours(8) }),
            ("2026-01-01T20:00:00Z", Standing::Open { for_another: hours(2) }),
            ("2026-01-01T22:00:00Z", Standing::Closed { opens_in: hours(16) }),
        ] {
            assert_eq!(window.standing(at(now)), standing, "{now}");
        }
        let day: Window = "01:30-05:00".parse().unwrap();
        assert_eq!(day.standing(at("2026-01-01T17:30:00Z")), Standing::Open { for_another: hours(7) / 2 });
        assert_eq!(day.standing(at("2026-01-01T21:00:00Z")), Standing::Closed { opens_in: hours(41) / 2 });
    }

    #[test]
    fn what_is_no_window() {
        for text in ["", "22:00", "22-06", "25:00-06:00", "22:00-22:00", "22:00-06:00-07:00"] {
            assert!(text.parse::<Window>().is_err(), "{text}");
        }
    }

    fn nightly() -> Nightly {
        Nightly {
            program: "/opt/it's 100%/gongkai".into(),
            folder: "/srv/c d".into(),
            config: Some("/etc/gongkai.toml".into()),
            archive: "/srv/a b/gongkai.sqlite".into(),
            at: clock_time("22:00").unwrap(),
            options: ["--max-time", "2h", "--seeds", "my seeds"].map(OsString::from).into(),
            user: Some("crawler".into()),
        }
    }

    #[test]
    fn the_line_for_cron_is_in_its_own_time() {
        let line = nightly().cron(&TimeZone::fixed(Offset::constant(-5)), at("2026-01-01T00:00:00Z"));
        assert_eq!(
            line,
            "0 9 * * * cd '/srv/c d' && '/opt/it'\\''s 100\\%/gongkai' --config '/etc/gongkai.toml' --archive '/srv/a b/gongkai.sqlite' -q crawl --overlap skip '--max-time' '2h' '--seeds' 'my seeds' >>'/srv/a b/gongkai.log' 2>&1\n"
        );
    }

    #[test]
    fn the_unit_names_its_paths_as_systemd_reads_them() {
        let service = nightly().service();
        for line in [
            "User=crawler",
            "WorkingDirectory=/srv/c d",
            "ReadWritePaths=\"/srv/a b\"",
            "ExecStart=\"/opt/it's 100%%/gongkai\" --config \"/etc/gongkai.toml\" --archive \"/srv/a b/gongkai.sqlite\" crawl --overlap skip \"--max-time\" \"2h\" \"--seeds\" \"my seeds\"",
        ] {
            assert!(service.lines().any(|found| found == line), "{line}\n{service}");
        }
        assert!(nightly().timer().contains("OnCalendar=*-*-* 22:00:00 Asia/Shanghai"));
    }

    #[test]
    fn the_next_time_the_clocks_show_it() {
        let ten = clock_time("22:00").unwrap();
        assert_eq!(next(ten, at("2026-01-01T13:00:00Z")), at("2026-01-01T14:00:00Z"));
        assert_eq!(next(ten, at("2026-01-01T14:00:00Z")), at("2026-01-02T14:00:00Z"));
    }
}
