//! robots.txt by RFC 9309, as data.

use gongkai::crawl::robots::Rules;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    file: String,
    #[serde(default)]
    allowed: Vec<String>,
    #[serde(default)]
    refused: Vec<String>,
}

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[test]
fn every_path_is_decided_as_the_rfc_says() {
    let Cases { case: cases } = toml::from_str(include_str!("robots.toml")).unwrap();
    let mut wrong = Vec::new();
    let mut decisions = 0;
    for Case { name, file, allowed, refused } in &cases {
        let rules = Rules::read(file.as_bytes(), "gongkai");
        for (path, meant) in allowed.iter().map(|path| (path, true)).chain(refused.iter().map(|path| (path, false))) {
            decisions += 1;
            if rules.decide(path).allowed != meant {
                wrong.push(format!("{name}: {path} is {}", if meant { "refused" } else { "allowed" }));
            }
        }
    }
    assert!(decisions >= 130, "{decisions}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
