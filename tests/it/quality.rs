//! Accuracy floors over the real reports that lie beside the project. They are only ever raised.

use std::process::Command;

use super::shared;

/// Numbers read right of those the reports hold; none may be wrong and none invented.
const RIGHT: usize = 1_998;

#[test]
fn the_real_reports_score_at_least_what_they_did() {
    let Some(shared) = shared() else { return };
    let output = Command::new("python3")
        .arg(shared.join("score"))
        .arg(shared.join("reports"))
        .args(["--bin", env!("CARGO_BIN_EXE_gongkai"), "--floor", "0", "-v"])
        .output()
        .expect("python3 runs shared/score");
    let said = String::from_utf8_lossy(&output.stdout);
    let last = said.lines().last().unwrap_or_default();
    assert!(last.contains("wrong 0,") && last.contains("invented 0;"), "{said}");
    let right: usize = last.strip_prefix("right ").and_then(|rest| rest.split(' ').next()).unwrap().parse().unwrap();
    assert!(right >= RIGHT, "{right} < {RIGHT}\n{said}");
}
