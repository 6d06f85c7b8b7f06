//! One writing process at a time: an advisory lock that the system lets go of, however the process ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

use super::{StoreError, beside};

/// Held as long as the value lives. The file beside the archive says who holds it.
pub struct Lock {
    _file: File,
}

impl Lock {
    pub fn take(archive: &Path) -> Result<Lock, StoreError> {
        let path = beside(archive, ".lock");
        let fault = |what| {
            let path = path.clone();
            move |source| StoreError::File { what, path, source }
        };
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(fault("opening"))?;
        match patiently(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // What is written there is for a person; a lock without it is still a lock.
                let _ = file.read_to_string(&mut holder);
                let holder = if holder.trim().is_empty() { "another process".into() } else { holder.trim().to_owned() };
                return Err(StoreError::InUse { path: archive.into(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(fault("locking")(source)),
        }
        let command: Vec<String> =
            std::env::args_os().map(|word| word.to_string_lossy().chars().take(60).collect()).take(4).collect();
        let holder = format!("process {} ({})\n", std::process::id(), command.join(" "));
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(holder.as_bytes()))
            .map_err(fault("writing"))?;
        Ok(Lock { _file: file })
    }
}

/// Who just ended may have begun another program, which has the lock until it is that program: a moment later it is free.
fn patiently(file: &File) -> Result<(), TryLockError> {
    for _ in 0..10 {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
            taken => return taken,
        }
    }
    file.try_lock()
}
