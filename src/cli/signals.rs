//! Ctrl-C, and what a service manager sends, heard in one place for all commands.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::Exit;
use crate::stop::Stop;

/// Nothing that winds down takes longer; what does hangs, and what was committed stays anyway.
const LONGEST: Duration = Duration::from_secs(30);

/// What becomes of a signal: it ends the program at once, or asks a command that winds down to stop. A second one ends it at once.
/// Either way the status is that of an interruption.
#[derive(Clone)]
pub struct Signals {
    stop: Stop,
    heeded: Arc<AtomicBool>,
}

impl Signals {
    /// Listens from now on.
    pub fn watch() -> std::io::Result<Signals> {
        let signals = Signals { stop: Stop::default(), heeded: Arc::default() };
        let (stop, heeded) = (signals.stop.clone(), signals.heeded.clone());
        let runtime = Builder::new_current_thread().enable_all().build()?;
        // Taken over before anything is begun, so that no signal finds the program half prepared.
        let mut heard = {
            let _within = runtime.enter();
            listen()?
        };
        std::thread::Builder::new().name("signals".into()).spawn(move || {
            runtime.block_on(async move {
                let first = heard.recv().await;
                if first.is_some() && heeded.load(Ordering::SeqCst) {
                    stop.ask();
                    tracing::warn!("asked to stop: what is under way is finished; asked again, it ends at once");
                    // Ends at the second, or when it has taken too long.
                    let _ = tokio::time::timeout(LONGEST, heard.recv()).await;
                }
                std::process::exit(Exit::Interrupted as i32);
            })
        })?;
        Ok(signals)
    }

    /// From now on a signal only asks: whoever calls this ends by itself soon after.
    pub fn wind_down(&self) -> Stop {
        self.heeded.store(true, Ordering::SeqCst);
        self.stop.clone()
    }
}

/// A message for each signal.
#[cfg(unix)]
fn listen() -> std::io::Result<UnboundedReceiver<()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (heard, hears) = unbounded_channel();
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        let (mut signal, heard) = (signal(kind)?, heard.clone());
        tokio::spawn(async move { while signal.recv().await.is_some() && heard.send(()).is_ok() {} });
    }
    Ok(hears)
}

#[cfg(not(unix))]
fn listen() -> std::io::Result<UnboundedReceiver<()>> {
    let (heard, hears) = unbounded_channel();
    tokio::spawn(async move { while tokio::signal::ctrl_c().await.is_ok() && heard.send(()).is_ok() {} });
    Ok(hears)
}
