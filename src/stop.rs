//! A request to stop: work in flight is finished, nothing new is begun.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Asked for by a signal or a test. Cheap to clone; all clones hear of it.
#[derive(Clone, Default)]
pub struct Stop {
    inner: Arc<(AtomicBool, Notify)>,
}

impl Stop {
    pub fn ask(&self) {
        self.inner.0.store(true, Ordering::SeqCst);
        self.inner.1.notify_waiters();
    }

    pub fn is_asked(&self) -> bool {
        self.inner.0.load(Ordering::SeqCst)
    }

    /// Returns once it is.
    pub async fn asked(&self) {
        let notified = self.inner.1.notified();
        if !self.is_asked() {
            notified.await;
        }
    }
}
