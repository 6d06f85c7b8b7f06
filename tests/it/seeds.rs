//! The seeds that are shipped.

use std::collections::BTreeSet;

use gongkai::seed;

use super::{root, shared};

#[test]
fn the_shipped_seeds_are_whole() {
    let seeds = seed::read_dir(&root().join("seeds")).unwrap();
    assert_eq!(seeds.len(), 141);
    assert_eq!(seeds.iter().filter(|seed| !seed.verified).count(), 6);
    assert!(seeds.iter().filter(|seed| !seed.verified).all(|seed| seed.kind == seed::SeedKind::Listing));
}

#[test]
fn the_shipped_seeds_are_those_that_were_gathered() {
    let Some(shared) = shared() else { return };
    let table = std::fs::read_to_string(shared.join("data/seeds.tsv")).unwrap();
    let gathered: BTreeSet<(String, String, String)> = table
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            (url::Url::parse(cells[0]).unwrap().to_string(), cells[1].to_owned(), cells[3].to_owned())
        })
        .collect();
    let shipped: BTreeSet<(String, String, String)> = seed::read_dir(&root().join("seeds"))
        .unwrap()
        .into_iter()
        .map(|seed| (seed.url.to_string(), seed.agency, seed.kind.as_str().to_owned()))
        .collect();
    assert_eq!(gathered, shipped);
}
