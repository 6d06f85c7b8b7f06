//! How far a run is, on a terminal: one line that is drawn anew every second, above which what is logged goes.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tracing_subscriber::fmt::MakeWriter;

use crate::serve;
use crate::store::Store;

/// Standard error with room for a line below what is written to it. Where it is no terminal there is none.
#[derive(Clone)]
pub struct Below(MultiProgress);

impl Below {
    pub fn standard_error(quiet: bool) -> Below {
        let bars = MultiProgress::new();
        if quiet || !std::io::stderr().is_terminal() {
            bars.set_draw_target(ProgressDrawTarget::hidden());
        }
        Below(bars)
    }

    /// Draws how the run on an archive stands, until what this gives is dropped.
    pub fn draw(&self, store: &Store) -> Option<Drawn> {
        if self.0.is_hidden() {
            return None;
        }
        let (bars, store) = (self.0.clone(), store.clone());
        let (end, ended) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let bar = bars.add(ProgressBar::new(0));
            let style = ProgressStyle::with_template("{wide_bar} {msg}").map(|style| style.progress_chars("━━ "));
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            while ended.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                // A line that can't be drawn holds up no run.
                let Ok(Some(now)) =
                    store.reader().map_err(drop).and_then(|reader| serve::progress(&reader).map_err(drop))
                else {
                    continue;
                };
                let done = u64::try_from(now.captures).unwrap_or_default();
                bar.set_length(done + u64::try_from(now.due).unwrap_or_default());
                bar.set_position(done);
                bar.set_message(words(&now));
            }
            bar.finish_and_clear();
        });
        Some(Drawn { end: Some(end), thread: Some(thread) })
    }
}

fn words(now: &serve::Progress) -> String {
    let left = now.seconds_left.map_or(String::new(), |seconds| format!(", {} min left", seconds.div_euclid(60) + 1));
    let alone = now.hosts.iter().filter(|host| host.blocked.is_some()).count();
    let alone = if alone > 0 { format!(", {alone} hosts left alone") } else { String::new() };
    format!("{} captures, {} due, {:.0} a minute{left}{alone}", now.captures, now.due, now.pace_per_minute)
}

/// A line on the terminal; gone when dropped.
pub struct Drawn {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Drawn {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has drawn its last.
            let _ = thread.join();
        }
    }
}

impl<'a> MakeWriter<'a> for Below {
    type Writer = Above;

    fn make_writer(&'a self) -> Above {
        Above(self.0.clone())
    }
}

/// Writes above the line.
pub struct Above(MultiProgress);

impl Write for Above {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.suspend(|| std::io::stderr().write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}
