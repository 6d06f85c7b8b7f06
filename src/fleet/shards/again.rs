//! A store asked again: it may be away for a moment, or for a night.

use std::future::Future;
use std::time::Duration;

use object_store::Error;
use tokio::sync::Notify;
use tokio::time::sleep;

const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Pauses without end, each `factor` times the one before, up to `longest`.
pub fn pauses(factor: u32, longest: Duration) -> impl Iterator<Item = Duration> {
    std::iter::successors(Some(FIRST_PAUSE), move |pause| Some((*pause * factor).min(longest)))
}

/// Asks once, and after each of `pauses` again until there is an answer. `worth` hears of each fault before its pause and may
/// end the asking; `wake` ends a pause early.
pub async fn again<T, F>(
    pauses: impl Iterator<Item = Duration>,
    wake: &Notify,
    ask: impl Fn() -> F,
    worth: impl Fn(&Error, Duration) -> bool,
) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    for pause in pauses {
        match ask().await {
            Err(fault) if worth(&fault, pause) => tokio::select! {
                () = sleep(pause) => {}
                () = wake.notified() => {}
            },
            asked => return asked,
        }
    }
    ask().await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn away() -> Error {
        Error::Generic { store: "test", source: "away".into() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_is_asked_until_it_answers_or_asking_is_not_worth_it() {
        let asked = Cell::new(0);
        let ask = |answers_at: u32| {
            let asked = &asked;
            asked.set(0);
            move || {
                asked.set(asked.get() + 1);
                let answer = if asked.get() == answers_at { Ok(7) } else { Err(away()) };
                async { answer }
            }
        };
        let few = || pauses(3, Duration::MAX).take(4);
        let never = Notify::new();
        assert_eq!(again(few(), &never, ask(5), |_, _| true).await.ok(), Some(7));
        assert!(again(few(), &never, ask(6), |_, _| true).await.is_err());
        assert_eq!(asked.get(), 5);
        assert!(again(few(), &never, ask(3), |_, pause| pause == FIRST_PAUSE).await.is_err());
        assert_eq!(asked.get(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_ends_when_woken() {
        let wake = Notify::new();
        wake.notify_one();
        let begun = tokio::time::Instant::now();
        let asked = Cell::new(false);
        let ask = || {
            let answer = if asked.replace(true) { Ok(()) } else { Err(away()) };
            async { answer }
        };
        assert!(again(pauses(2, Duration::MAX), &wake, ask, |_, _| true).await.is_ok());
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }

    #[test]
    fn pauses_grow_up_to_the_longest() {
        let millis: Vec<u128> = pauses(2, Duration::from_secs(1)).take(4).map(|pause| pause.as_millis()).collect();
        assert_eq!(millis, [250, 500, 1_000, 1_000]);
    }
}
