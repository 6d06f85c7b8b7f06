//! Which room may name which: the directions of the design, read off the source.

use std::collections::BTreeMap;
use std::path::Path;

use super::root;

/// Each room and the rooms it may name. `cli` and `demo` name everything.
const MAY_NAME: [(&str, &[&str]); 22] = [
    ("archive", &["clock", "digest", "exchange", "stop", "store", "urlkey"]),
    ("clock", &[]),
    ("config", &["crawl", "handwritten", "schedule"]),
    ("crawl", &["archive", "clock", "dataset", "exchange", "office", "parse", "seed", "stop", "store", "urlkey"]),
    ("dataset", &["archive", "digest", "parse", "store"]),
    ("digest", &[]),
    ("exchange", &[]),
    ("export", &["archive", "dataset", "digest", "exchange", "parse", "store"]),
    (
        "fleet",
        &["archive", "clock", "crawl", "digest", "exchange", "import", "metrics", "parse", "seed", "store", "urlkey"],
    ),
    ("handwritten", &[]),
    (
        "import",
        &["archive", "clock", "dataset", "digest", "exchange", "office", "parse", "reparse", "stop", "store", "urlkey"],
    ),
    ("metrics", &["store"]),
    ("office", &["exchange", "parse"]),
    ("parse", &["digest", "exchange", "urlkey"]),
    ("proof", &["archive", "dataset", "exchange", "parse"]),
    ("reparse", &["archive", "clock", "dataset", "exchange", "parse", "stop", "store"]),
    ("schedule", &[]),
    ("seed", &["handwritten"]),
    ("serve", &["archive", "clock", "dataset", "digest", "exchange", "metrics", "parse", "proof", "store"]),
    ("stop", &[]),
    ("store", &["stop"]),
    ("urlkey", &[]),
];

const NO_ROOMS: [&str; 6] = ["util", "utils", "common", "types", "models", "error"];

fn sources(dir: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root().join("src")).unwrap().to_string_lossy().replace('\\', "/");
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

fn room(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The source up to its unit tests, which may name anything.
fn without_tests(source: &str) -> &str {
    source.split("#[cfg(test)]").next().unwrap()
}

#[test]
fn rooms_name_only_what_they_may() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    let allowed: BTreeMap<&str, &[&str]> = MAY_NAME.into_iter().collect();
    let mut faults = Vec::new();
    for (file, source) in &files {
        let own = room(file);
        let Some(may) = allowed.get(own) else {
            assert!(
                ["cli", "demo", "lib", "main"].contains(&own),
                "{file} lies in a room that the design does not know"
            );
            continue;
        };
        for (at, _) in without_tests(source).match_indices("crate::") {
            let named: String =
                source[at + 7..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if named != own
                && !may.contains(&named.as_str())
                && !named.is_empty()
                && !named.starts_with(char::is_uppercase)
            {
                faults.push(format!("{file} names {named}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn parse_touches_nothing_outside() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    for (file, source) in files.iter().filter(|(file, _)| room(file) == "parse") {
        for side_effect in [
            "std::fs",
            "std::net",
            "std::time",
            "std::env",
            "std::process",
            "std::thread",
            "Timestamp::now",
            "rusqlite",
            "reqwest",
            "tokio",
        ] {
            assert!(!without_tests(source).contains(side_effect), "{file} uses {side_effect}");
        }
    }
}

#[test]
fn one_door_to_the_network() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    let doors: Vec<&str> =
        files.iter().filter(|(_, source)| source.contains("reqwest::")).map(|(file, _)| file.as_str()).collect();
    assert!(
        doors.iter().all(|file| file.starts_with("crawl/fetch/")) && doors.contains(&"crawl/fetch/mod.rs"),
        "{doors:?}"
    );
}

#[test]
fn no_room_is_a_drawer() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    for (file, _) in &files {
        assert!(!file.split('/').any(|part| NO_ROOMS.contains(&part.trim_end_matches(".rs"))), "{file}");
    }
}
