//! Files written wrongly: every fault with its file and line, and status 2. The cases are files in `tests/faults`.

use super::{gongkai, root, stderr};

fn faults(kind: &str, name: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let case = std::fs::read(root().join("tests/faults").join(name)).unwrap();
    let mut command = gongkai();
    command.current_dir(folder.path());
    if kind == "seeds" {
        std::fs::create_dir(folder.path().join("seeds")).unwrap();
        std::fs::write(folder.path().join("seeds/a.toml"), case).unwrap();
        command.args(["crawl", "--seeds", "seeds", "--dry-run"]);
    } else {
        std::fs::write(folder.path().join("config.toml"), case).unwrap();
        command.args(["crawl", "--dry-run"]);
    }
    let output = command.output().unwrap();
    (output.status.code(), stderr(&output))
}

#[test]
fn every_fault_is_named_with_file_and_line() {
    let mut cases = 0;
    for entry in std::fs::read_dir(root().join("tests/faults")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(case) = name.strip_suffix(".toml") else { continue };
        let expected = std::fs::read_to_string(path.with_extension("expected")).unwrap();
        let kind = case.split('-').next().unwrap();
        let (status, said) = faults(kind, &name);
        assert_eq!(said.trim(), expected.trim(), "{name}");
        assert_eq!(status, Some(2), "{name}");
        cases += 1;
    }
    assert!(cases >= 5);
}
