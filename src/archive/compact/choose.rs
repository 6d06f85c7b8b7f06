//! Which pages of a host its bodies are packed against, as measured on a sample.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use zstd::bulk::Compressor;

use super::super::dictionary;
use super::Options;

/// Pages that are tried on their own.
const CANDIDATES: usize = 6;
/// Pages put together into one dictionary.
const PAGES: usize = 3;
/// Training for more gave worse dictionaries (zstd's own default is 110 KB).
const TRAINED: usize = 112 << 10;

/// At most `count` of them, evenly over the whole.
pub fn spread<T>(of: &[T], count: usize) -> impl Iterator<Item = &T> {
    of.iter().step_by(of.len().div_ceil(count).max(1))
}

/// The candidates that together make the host smallest, their own bytes counted.
pub fn choose(sample: &[Vec<u8>], bodies: usize, options: Options, train: bool) -> Vec<(&'static str, Vec<u8>)> {
    // Odd ones are made into dictionaries, even ones measured: a page packed against itself would flatter.
    let (measured, sources): (Vec<_>, Vec<_>) = sample.iter().enumerate().partition(|(n, _)| n % 2 == 0);
    let measured: Vec<&[u8]> = measured.into_iter().map(|(_, body)| body.as_slice()).collect();
    let sources: Vec<&[u8]> = sources.into_iter().map(|(_, body)| body.as_slice()).collect();
    let mut candidates: Vec<(&'static str, Vec<u8>)> =
        spread(&sources, CANDIDATES).map(|body| ("one page", body.to_vec())).collect();
    let together: Vec<u8> = spread(&sources, PAGES).copied().collect::<Vec<_>>().concat();
    candidates.push(("pages together", together));
    if train {
        candidates.extend(zstd::dict::from_samples(&sources, TRAINED).ok().map(|trained| ("trained", trained)));
    }
    candidates.retain(|(_, bytes)| !bytes.is_empty() && bytes.len() <= dictionary::LARGEST);
    let by_itself = |body: &[u8]| zstd::bulk::compress(body, options.level).map_or(body.len(), |packed| packed.len());
    // What each costs, and the sizes of the measured bodies against it; last without any.
    let against = |candidate: Option<&(&str, Vec<u8>)>| -> (usize, Vec<usize>) {
        let Some((_, bytes)) = candidate else { return (0, measured.iter().map(|body| by_itself(body)).collect()) };
        // Made once for all bodies: taking a dictionary in costs more than packing a page.
        let mut packer = Compressor::with_dictionary(options.level, bytes).ok();
        let mut packed =
            |body: &[u8]| packer.as_mut().and_then(|it| it.compress(body).ok()).map_or(body.len(), |it| it.len());
        (by_itself(bytes), measured.iter().map(|body| packed(body)).collect())
    };
    let tried: Vec<_> = candidates.iter().map(Some).chain([None]).collect();
    let mut sizes = on_threads(options.jobs, &tried, |candidate| against(*candidate));
    let Some((_, mut least)) = sizes.pop() else { return Vec::new() };
    let mut chosen = Vec::new();
    while chosen.len() < dictionary::OWN {
        let gain = |(cost, sizes): &(usize, Vec<usize>)| {
            let saved: usize = least.iter().zip(sizes).map(|(least, size)| least.saturating_sub(*size)).sum();
            (saved * bodies / measured.len().max(1)).saturating_sub(*cost)
        };
        let best = sizes.iter().map(gain).enumerate().max_by_key(|(_, gain)| *gain).filter(|(_, gain)| *gain > 0);
        let Some((best, _)) = best else { break };
        let (_, against) = sizes.remove(best);
        least.iter_mut().zip(against).for_each(|(least, size)| *least = size.min(*least));
        chosen.push(candidates.remove(best));
    }
    chosen
}

/// What `of` makes of each, in order, on so many threads.
fn on_threads<T: Sync, U: Send>(jobs: usize, all: &[T], of: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let (next, made) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, all.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(one) = all.get(n) else { break };
                    let one = of(one);
                    made.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((n, one));
                }
            });
        }
    });
    let mut made = made.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    made.sort_by_key(|(n, _)| *n);
    made.into_iter().map(|(_, one)| one).collect()
}
