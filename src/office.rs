//! Legacy Word and WPS files, made DOCX by LibreOffice where it is installed; everything else goes straight to `parse`.
//!
//! This is the only reading that is not pure: it depends on a program of the machine. A machine without it reads such a file
//! as one that can't be read, and says why.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::exchange::Headers;
use crate::parse::{self, Given, PageKind, Parsed};

/// Time for one conversion.
const PATIENCE: Duration = Duration::from_secs(90);

/// Reads what was given, converting it first where only LibreOffice can open it.
pub fn read(given: Given<'_>) -> Parsed {
    let parsed = parse::read(given);
    if parsed.page.kind != PageKind::Attachment || !parsed.page.reason.starts_with("OLE") {
        return parsed;
    }
    let body = parse::body_of(&crate::exchange::Response {
        status: 200,
        headers: given.headers.clone(),
        body: given.body.to_vec(),
    });
    match to_docx(&body) {
        Ok(docx) => {
            let converted = parse::read(Given { headers: &Headers::default(), body: &docx, ..given });
            noted(converted, "converted by LibreOffice; ")
        }
        Err(why) => noted(parsed, &format!("{why}; ")),
    }
}

fn noted(mut parsed: Parsed, words: &str) -> Parsed {
    parsed.page.reason.insert_str(0, words);
    parsed
}

/// Whether legacy files can be read here.
pub fn is_installed() -> bool {
    installed().is_some()
}

/// Runs `soffice` in a folder of its own, with a profile of its own, for a bounded time.
fn to_docx(body: &[u8]) -> Result<Vec<u8>, String> {
    let program = installed().ok_or("LibreOffice (soffice) is not installed")?;
    let folder = Folder::new().map_err(|error| format!("no folder to convert in: {error}"))?;
    let (source, made) = (folder.0.join("report.doc"), folder.0.join("report.docx"));
    std::fs::write(&source, body).map_err(|error| format!("the file can't be handed to LibreOffice: {error}"))?;
    let mut child = Command::new(program)
        .arg(format!("-env:UserInstallation=file://{}", folder.0.join("profile").display()))
        .args(["--headless", "--norestore", "--convert-to", "docx", "--outdir"])
        .arg(&folder.0)
        .arg(&source)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("LibreOffice can't be run: {error}"))?;
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(_)) => break,
            Ok(None) if begun.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(50)),
            _ => {
                // Gone already or about to be: either way it is not waited for any longer.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("LibreOffice took longer than {PATIENCE:?}"));
            }
        }
    }
    std::fs::read(made).map_err(|_| "LibreOffice could not convert it".into())
}

fn installed() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("soffice")).find(|program| program.is_file())
}

/// A folder that goes when it is done with.
struct Folder(PathBuf);

impl Folder {
    fn new() -> std::io::Result<Folder> {
        let name = format!("gongkai-{}-{:?}", std::process::id(), std::thread::current().id());
        let path = std::env::temp_dir().join(name.replace(['(', ')'], "-"));
        std::fs::create_dir(&path)?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What can't be removed is temporary all the same.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
