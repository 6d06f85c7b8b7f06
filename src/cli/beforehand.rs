//! What a run will need, looked at before it begins: a night is too late to hear of it.

use std::path::{Path, PathBuf};

use super::exit::Misused;
use crate::crawl::{DoorError, Groups, Settings, trusting};

/// The file of `[network] extra_ca` or `--extra-ca` can be read and holds certificates.
pub fn extra_ca(settings: &Settings) -> Result<(), DoorError> {
    match settings.network.extra_ca {
        Some(_) => trusting(&settings.network, Groups::Usual).map(drop),
        None => Ok(()),
    }
}

/// The program of `[notify] command` is there and may be run.
pub fn notify(command: &[String]) -> Result<(), Misused> {
    let Some(program) = command.first() else { return Ok(()) };
    let places: Vec<PathBuf> = if program.contains('/') {
        vec![program.into()]
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).map(|folder| folder.join(program)).collect()
    };
    if places.iter().any(|place| is_program(place)) {
        return Ok(());
    }
    let found = if places.iter().any(|place| place.exists()) { "can't be run" } else { "is not there" };
    Err(Misused(format!(
        "[notify] command: {program} {found}: name a program with its path in config.toml, or write command = []"
    )))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file() || path.with_extension("exe").is_file()
}
