//! Every claim of the README that can be run, run.

use std::path::Path;
use std::process::{Command, Output};

use super::{gongkai, root, stderr, stdout};

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

/// Lines of the shell blocks.
fn commands() -> Vec<String> {
    let readme = readme();
    let blocks = readme.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.flat_map(|block| block.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    gongkai().current_dir(folder).args(arguments).output().unwrap()
}

#[test]
fn the_picture_is_what_the_demo_prints() {
    let folder = tempfile::tempdir().unwrap();
    let said = stdout(&run(folder.path(), &["demo"]));
    let readme = readme();
    let picture = readme.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    let lasting = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| !line.starts_with("replica of") && !line.starts_with("archive:"))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(lasting(picture), lasting(&said));
}

#[test]
fn every_command_is_one_the_program_knows() {
    let mut seen = 0;
    for command in commands().iter().filter_map(|command| command.strip_prefix("gongkai ")) {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.push("--help");
        let output = run(root(), &arguments);
        assert!(output.status.success(), "{command}: {}", stderr(&output));
        seen += 1;
    }
    assert!(seen >= 10, "{seen}");
}

#[test]
fn every_command_that_prints_data_takes_json() {
    assert!(readme().contains("Every command that prints data takes `--json`"));
    let help = stdout(&run(root(), &["--help"]));
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let without: Vec<&str> = commands
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next().filter(|command| !command.is_empty()))
        // Where it is built in, its own commands have it.
        .filter(|command| *command != "fleet")
        .filter(|command| {
            let help = stdout(&run(root(), &[command, "--help"]));
            !help.lines().any(|line| line.trim_start().starts_with("--json"))
        })
        .collect();
    // They write files, serve pages, or show another command at work.
    assert_eq!(without, ["export", "serve", "demo", "help"]);
}

#[test]
fn the_commands_on_the_demo_archive_do_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["-q", "demo"]).status.success());
    std::fs::rename(folder.path().join("gongkai-demo.sqlite"), folder.path().join("gongkai.sqlite")).unwrap();
    for arguments in [
        &["export", "csv", "--out", "numbers.csv"][..],
        &["export", "jsonl", "--out", "numbers.jsonl", "--year", "2023"],
        &["export", "warc", "--out", "captures.warc.gz"],
        &["export", "parquet", "--shape", "wide", "--out", "reports.parquet"],
        &["export", "xlsx", "--out", "gongkai.xlsx"],
        &["export", "sqlite", "--out", "gongkai-data.sqlite"],
        &["export", "dictionary", "--out", "dictionary.csv"],
        &["export", "snapshot", "--out", "snapshots"],
        &["backup", "--out", "copy.sqlite"],
        &["compact"],
        &["list"],
        &["show", "四川省人力资源和社会保障厅", "2023"],
        &["show", "四川省人力资源和社会保障厅", "2023", "--captures"],
        &["check"],
        &[
            "prove",
            "--agency",
            "四川省人力资源和社会保障厅",
            "--year",
            "2023",
            "--indicator",
            "applications.received",
            "--applicant",
            "total",
        ],
        &["reparse", "--dry-run", "--diff"],
        &["reparse"],
        &["verify"],
    ] {
        let output = run(folder.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    }
    let lines = std::fs::read_to_string(folder.path().join("numbers.jsonl")).unwrap();
    assert!(lines.lines().all(|line| line.contains("\"year\":2023")) && !lines.is_empty());
}

#[test]
fn the_queries_answer() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["-q", "demo"]).status.success());
    let connection = rusqlite::Connection::open(folder.path().join("gongkai-demo.sqlite")).unwrap();
    let mut asked = 0;
    for command in commands().iter().filter(|command| command.starts_with("sqlite3 ")) {
        let sql = command.split('"').nth(1).unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        assert!(statement.query([]).unwrap().next().unwrap().is_some(), "{sql}");
        asked += 1;
    }
    assert_eq!(asked, 4);
}

#[test]
fn the_exit_statuses_are_those_of_the_program() {
    let words = "0 done, 1 failed, 2 usage or configuration, 3 done in part (hosts blocked, pages unread), 4 interrupted, 5 the archive is in use, 6 storage failed, 7 the archive is damaged";
    assert!(readme().contains(words));
    use gongkai::cli::Exit::*;
    assert_eq!(
        [Done, Failed, Usage, Partial, Interrupted, InUse, StorageFailed, Damaged].map(|exit| exit as u8),
        [0, 1, 2, 3, 4, 5, 6, 7]
    );
}

#[test]
fn the_dry_run_names_every_seed() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_gongkai")).current_dir(root()).args(["crawl", "--dry-run"]).output().unwrap();
    assert_eq!(stdout(&output).lines().count(), 141, "{}", stderr(&output));
    assert_eq!(stdout(&output).matches("never seen to answer").count(), 6);
}
