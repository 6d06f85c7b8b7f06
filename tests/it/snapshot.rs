//! The dated folder: whole or not there, verified by others, the same from the same archive.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::{gongkai, stderr, stdout};

fn demo(folder: &Path) {
    assert!(gongkai().current_dir(folder).args(["-q", "demo"]).output().unwrap().status.success());
}

fn snapshot(folder: &Path, out: &str) -> Output {
    gongkai()
        .current_dir(folder)
        .args(["--archive", "gongkai-demo.sqlite", "export", "snapshot", "--out", out])
        .output()
        .unwrap()
}

fn only_folder(of: &Path) -> PathBuf {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(of).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(entries.len(), 1, "{entries:?}");
    entries.remove(0)
}

#[test]
fn a_third_party_verifies_it_with_sha256sum_alone() {
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path());
    let made = snapshot(folder.path(), "out");
    assert!(made.status.success(), "{}", stderr(&made));
    let whole = only_folder(&folder.path().join("out"));
    let last: String = rusqlite::Connection::open(folder.path().join("gongkai-demo.sqlite"))
        .unwrap()
        .query_row("SELECT max(substr(started_at, 1, 10)) FROM capture", [], |row| row.get(0))
        .unwrap();
    assert_eq!(whole.file_name().unwrap().to_str().unwrap(), format!("gongkai-{last}"));
    let check =
        || Command::new("sha256sum").args(["-c", "--strict", "SHA256SUMS"]).current_dir(&whole).output().unwrap();
    let said = check();
    assert!(said.status.success(), "{}", stderr(&said));
    let files = std::fs::read_dir(&whole).unwrap().count();
    assert_eq!(stdout(&said).lines().count(), files - 1, "every file but the list itself is in the list");

    // The manifest says of every file what it is.
    let package: serde_json::Value =
        serde_json::from_slice(&std::fs::read(whole.join("datapackage.json")).unwrap()).unwrap();
    for resource in package["resources"].as_array().unwrap() {
        let path = whole.join(resource["path"].as_str().unwrap());
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(resource["bytes"], bytes.len());
        assert_eq!(resource["hash"], format!("sha256:{}", gongkai::digest::Digest::of(&bytes)));
        if path.extension().is_some_and(|extension| extension == "csv") {
            let heads = csv::Reader::from_reader(bytes.as_slice()).headers().unwrap().clone();
            let fields: Vec<&str> = resource["schema"]["fields"]
                .as_array()
                .unwrap()
                .iter()
                .map(|field| field["name"].as_str().unwrap())
                .collect();
            assert_eq!(fields, heads.iter().collect::<Vec<_>>(), "{path:?}");
        }
    }
    assert_eq!(package["parser_version"], gongkai::parse::PARSER_VERSION);
    assert_eq!(package["archive"]["schema"], gongkai::store::SCHEMA_VERSION);

    let file = whole.join("numbers.csv");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[1_000] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    assert!(!check().status.success());
}

#[test]
fn the_same_archive_gives_the_same_folder_and_another_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path());
    for out in ["one", "two", "one"] {
        let made = snapshot(folder.path(), out);
        assert!(made.status.success(), "{}", stderr(&made));
    }
    let [one, two] = ["one", "two"].map(|out| only_folder(&folder.path().join(out)));
    for entry in std::fs::read_dir(&one).unwrap() {
        let name = entry.unwrap().file_name();
        assert_eq!(std::fs::read(one.join(&name)).unwrap(), std::fs::read(two.join(&name)).unwrap(), "{name:?}");
    }
    std::fs::write(one.join("SHA256SUMS"), "something else").unwrap();
    let refused = snapshot(folder.path(), "one");
    assert!(!refused.status.success());
    assert!(stderr(&refused).contains("move it away"), "{}", stderr(&refused));
    assert_eq!(std::fs::read(one.join("SHA256SUMS")).unwrap(), b"something else");
    only_folder(&folder.path().join("one"));
}

#[test]
fn an_interrupted_one_leaves_nothing_with_a_final_name() {
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path());
    // A body that can't be read stops the run at the last file but one, the same way each time.
    let path = folder.path().join("gongkai-demo.sqlite");
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute(
            "UPDATE payload SET bytes = x'00' WHERE digest = (SELECT payload FROM capture ORDER BY id DESC LIMIT 1)",
            [],
        )
        .unwrap();
    let failed = snapshot(folder.path(), "out");
    assert_eq!(failed.status.code(), Some(7), "{}", stderr(&failed));
    let names = |out: &str| -> Vec<String> {
        std::fs::read_dir(folder.path().join(out))
            .map(|entries| entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
            .unwrap_or_default()
    };
    assert!(names("out").iter().all(|name| name.starts_with('.')), "{:?}", names("out"));

    // Killed at any moment: the next run clears what was left and is whole.
    demo(folder.path());
    let mut killed = 0;
    for wait in (0..200).step_by(10) {
        let mut child = gongkai()
            .current_dir(folder.path())
            .args(["--archive", "gongkai-demo.sqlite", "export", "snapshot", "--out", "killed"])
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait));
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());
        for name in names("killed").iter().filter(|name| !name.starts_with('.')) {
            let whole = folder.path().join("killed").join(name);
            let check = Command::new("sha256sum").args(["-c", "SHA256SUMS"]).current_dir(&whole).output().unwrap();
            assert!(check.status.success(), "{name} is not whole: {}", stderr(&check));
        }
    }
    assert!(killed > 0);
    assert!(snapshot(folder.path(), "killed").status.success());
    only_folder(&folder.path().join("killed"));
}

/// Runs where `GONGKAI_FRICTIONLESS` names the `frictionless` of PyPI; `.ci/run` installs it.
#[test]
fn frictionless_accepts_the_tables() {
    let Some(frictionless) = std::env::var_os("GONGKAI_FRICTIONLESS") else { return };
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path());
    assert!(snapshot(folder.path(), "out").status.success());
    let whole = only_folder(&folder.path().join("out"));
    for table in ["numbers-csv", "reports-csv", "findings-csv", "dictionary-csv"] {
        let said = Command::new(&frictionless)
            .args(["validate", "datapackage.json", "--resource-name", table])
            .current_dir(&whole)
            .output()
            .unwrap();
        assert!(said.status.success(), "{table} {}{}", stdout(&said), stderr(&said));
    }
}

/// Runs where `GONGKAI_DATASETTE` names the `datasette` of PyPI; `.ci/run` installs it.
#[test]
fn datasette_serves_the_copy_and_its_search() {
    let Some(datasette) = std::env::var_os("GONGKAI_DATASETTE") else { return };
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path());
    assert!(snapshot(folder.path(), "out").status.success());
    let whole = only_folder(&folder.path().join("out"));
    let said = Command::new(&datasette)
        .args(["gongkai.sqlite", "-m", "datasette.json", "--get"])
        .arg("/gongkai/search.json?words=%E4%BF%A1%E6%81%AF%E5%A4%84%E7%90%86%E8%B4%B9&_shape=array")
        .current_dir(&whole)
        .output()
        .unwrap();
    assert!(said.status.success(), "{}", stderr(&said));
    let found: Vec<serde_json::Value> = serde_json::from_str(&stdout(&said)).unwrap();
    assert_eq!(found.len(), 6, "{}", stdout(&said));
}
