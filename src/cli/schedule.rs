//! `gongkai schedule`: what starts the nightly run, printed to be pasted; or the run itself, night after night.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::crawl::Crawl;
use super::{Context, Exit, exit, runtime};
use crate::clock::{Clock, rfc3339};
use crate::crawl::Stop;
use crate::schedule::{Nightly, Standing, clock_time, next};

#[derive(Args)]
pub struct Schedule {
    /// One of them alone, ready for a file
    #[arg(value_enum)]
    what: Option<What>,
    /// When to begin, HH:MM in China time [default: when the window of the configuration opens, else 22:00]
    #[arg(long, value_name = "HH:MM", value_parser = time_of_day)]
    at: Option<Time>,
    /// Stay, and crawl every night
    #[arg(long, conflicts_with = "what")]
    daemon: bool,
    #[command(flatten)]
    crawl: Crawl,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// The systemd service
    Service,
    /// The systemd timer that starts it
    Timer,
    /// A crontab line
    Cron,
}

fn time_of_day(text: &str) -> Result<Time, String> {
    clock_time(text).ok_or_else(|| format!("{text:?} is no time of day: write 22:00"))
}

impl Schedule {
    pub fn run(self, context: Context) -> anyhow::Result<Exit> {
        self.crawl.check(&context)?;
        if self.daemon {
            return self.stay(context);
        }
        let nightly = Nightly {
            program: std::env::current_exe().context("the program does not know its own path")?,
            folder: absolute(Path::new("."))?,
            config: context.config_file.as_deref().map(absolute).transpose()?,
            archive: absolute(&context.config.archive)?,
            at: self.begin(&context),
            options: options(std::env::args_os().skip(1)),
            user: std::env::var("USER").ok().filter(|user| !user.is_empty()),
        };
        let cron = || nightly.cron(&TimeZone::system(), Clock::system().now());
        match self.what {
            Some(What::Service) => say_part!("{}", nightly.service())?,
            Some(What::Timer) => say_part!("{}", nightly.timer())?,
            Some(What::Cron) => say_part!("{}", cron())?,
            None => {
                say!("# systemd: gongkai schedule service > /etc/systemd/system/gongkai.service")?;
                say!("#          gongkai schedule timer > /etc/systemd/system/gongkai.timer")?;
                say!("#          systemctl daemon-reload && systemctl enable --now gongkai.timer\n")?;
                say!("# /etc/systemd/system/gongkai.service\n{}", nightly.service())?;
                say!("# /etc/systemd/system/gongkai.timer\n{}", nightly.timer())?;
                say!("# or a crontab line (crontab -e), in the time of this machine\n{}", cron())?;
            }
        }
        Ok(Exit::Done)
    }

    fn begin(&self, context: &Context) -> Time {
        let opens = context.config.window.map(|window| window.opens);
        self.at.or(opens).unwrap_or(Time::constant(22, 0, 0, 0))
    }

    /// A run a night until a signal ends it. A night that fails is said and the next one waited for.
    fn stay(self, context: Context) -> anyhow::Result<Exit> {
        let (at, clock) = (self.begin(&context), Clock::system());
        let runtime = runtime()?;
        let stop = context.signals.wind_down();
        // Started within the window: this night's run is still to come.
        let open = context.config.window.map(|window| window.standing(clock.now()));
        let mut due = if matches!(open, Some(Standing::Open { .. })) { clock.now() } else { next(at, clock.now()) };
        while !stop.is_asked() {
            if clock.now() < due {
                tracing::info!("the next run begins at {}", rfc3339(due));
            }
            runtime.block_on(until(&clock, due, &stop));
            if stop.is_asked() {
                break;
            }
            let ended = self.crawl.run_until(&context, &runtime, stop.clone()).unwrap_or_else(exit::report);
            tracing::info!("the run ended with status {}", ended as i32);
            due = next(at, clock.now());
        }
        Ok(Exit::Done)
    }
}

/// Waits by the clock, looked at again and again: a machine that slept or whose clock was set is still in time.
async fn until(clock: &Clock, due: jiff::Timestamp, stop: &Stop) {
    const LOOK: Duration = Duration::from_secs(30);
    while clock.now() < due && !stop.is_asked() {
        let left = Duration::try_from(due.duration_since(clock.now())).unwrap_or_default();
        tokio::select! {
            () = tokio::time::sleep(left.min(LOOK)) => {}
            () = stop.asked() => {}
        }
    }
}

/// The options of the run, as they were given here: all but those that say when, and the files that are named anew.
fn options(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    const WITH_VALUE: [&str; 3] = ["--at", "--config", "--archive"];
    let (mut options, mut words) = (Vec::new(), words);
    let mut is_value = false;
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        if WITH_VALUE.contains(&&*text) {
            words.next();
        } else if WITH_VALUE.iter().any(|name| text.strip_prefix(name).is_some_and(|rest| rest.starts_with('='))) {
        } else if is_value || !["schedule", "service", "timer", "cron"].contains(&&*text) {
            is_value = text.starts_with("--") && !text.contains('=');
            options.push(word);
        }
    }
    options
}

fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("{} has no absolute path", path.display()))
}
