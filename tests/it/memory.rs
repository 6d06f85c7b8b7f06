//! What an export and an import keep in memory: four times the captures, the same peak.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::Stdio;

use gongkai::archive::{self, Packer};
use gongkai::store::{Access, Store};

use super::archive::exchange;
use super::gongkai;

/// Bytes of a body.
const BODY: usize = 64 << 10;
/// What the peak may grow by, KB: less than half of what 450 more bodies weigh. It grows by some 2,000.
const GROWTH: u64 = 12_000;

/// An archive of bodies that do not pack.
fn filled(path: &Path, captures: u64) {
    let store = Store::open(path, Access::Write).unwrap();
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut body = || -> Vec<u8> {
        let words = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        });
        // A picture, which nobody reads.
        b"\x89PNG\r\n\x1A\n".iter().copied().chain(words.take(BODY / 8).flatten()).collect()
    };
    for first in (0..captures).step_by(50) {
        let batch: Vec<_> =
            (first..first + 50).map(|n| exchange(&format!("http://a.gov.cn/{n}.png"), 200, &body())).collect();
        store
            .write_blocking(move |tx| {
                batch.iter().try_for_each(|one| archive::put(tx, &Packer::default(), one, None).map(drop))
            })
            .unwrap();
    }
}

/// Highest resident size of the program over its run, KB, as the kernel counts it.
fn peak(folder: &Path, arguments: &[&str]) -> u64 {
    let mut child =
        gongkai().current_dir(folder).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line.map_or(peak, |line| line.trim().trim_end_matches(" kB").parse().unwrap());
        match child.try_wait().unwrap() {
            Some(status) => {
                assert!(status.success(), "{arguments:?}");
                return peak;
            }
            None => std::thread::sleep(std::time::Duration::from_millis(2)),
        }
    }
}

#[test]
fn four_times_the_captures_take_the_same_memory() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, captures) in [("few", 150), ("many", 600)] {
        filled(&folder.join(format!("{name}.sqlite")), captures);
    }
    let peaks = |arguments: &[&str]| {
        ["few", "many"].map(|name| {
            let arguments: Vec<String> = arguments.iter().map(|part| part.replace("NAME", name)).collect();
            peak(folder, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
        })
    };
    for arguments in [
        &["--archive", "NAME.sqlite", "export", "warc", "--out", "NAME.warc.gz"][..],
        &["--archive", "NAME.sqlite", "export", "wacz", "--out", "NAME.wacz"],
        &["--archive", "NAME-again.sqlite", "import", "NAME.warc.gz"],
    ] {
        let [few, many] = peaks(arguments);
        assert!(few > 1_000 && many < few + GROWTH, "{arguments:?}: {few} KB, then {many} KB");
    }
}
