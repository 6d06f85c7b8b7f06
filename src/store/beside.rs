//! Names of files that lie beside another: `a.sqlite-wal`, `a.sqlite.lock`, `a.sqlite.part`.

use std::path::{Path, PathBuf};

/// `path` with `end` put to its name.
pub fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}
