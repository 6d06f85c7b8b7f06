//! **gongkai** (公开, "made public") collects the annual reports on government information disclosure
//! (政府信息公开工作年度报告) that Chinese agencies must publish, keeps every byte it was served, reads the statutory
//! tables into numbers, checks them against the form's own arithmetic, and gives them out as data whose every number
//! can be traced to archived bytes.
//!
//! # The road of one report
//!
//! ```text
//! seeds ─▶ frontier ─▶ gate ─▶ fetch ─▶ ARCHIVE ─▶ parse ─▶ dataset ─▶ check / export
//!          (crawl: impure, polite, once)        (parse: pure, versioned, again and again)
//! ```
//!
//! Two loops meet at the archive. [`crawl`] leases an address, asks the gate for a permit, makes one attempt,
//! and commits the bytes, the links found and the frontier's verdict in one transaction. [`parse`] turns archived bytes
//! into a [`parse::Parsed`] and touches nothing else, so that [`reparse`] is the same code run again.
//!
//! # The rooms
//!
//! | room | what it holds |
//! |---|---|
//! | [`cli`] | one file to a subcommand; names everything |
//! | [`config`] | `config.toml`: read once, checked whole, handed out in parts |
//! | [`seed`] | who publishes, where, within what scope |
//! | [`crawl`] | frontier, robots.txt, pace, guard, the one door to the network |
//! | [`archive`] | captures and payloads, append-only, by digest, chained |
//! | [`parse`] | bytes in, findings out: no clock, file, network, database or randomness |
//! | [`office`] | legacy Word files, made readable by LibreOffice where it is installed |
//! | [`reparse`] | re-reads captures whose reading is older than the parser |
//! | [`dataset`] | reports, values, findings: replaced whole, per capture |
//! | [`export`] | tables (csv, jsonl, parquet), workbook, SQLite, WARC, WACZ, evidence, snapshot |
//! | [`import`] | WARC, WACZ and plain files taken in |
//! | `fleet` | past one machine, with the feature of that name: shards on S3, Spark |
//! | [`schedule`] | when the nightly run may ask, and the units that start it |
//! | [`proof`] | one number derived again from its archived bytes |
//! | [`serve`] | the archive as pages and JSON, read-only, on loopback |
//! | [`metrics`] | what a monitor asks of an archive |
//! | [`demo`] | a replica of agency sites on loopback |
//! | [`store`] | the SQLite file: migrations, the single writer |
//! | [`clock`], [`digest`], [`urlkey`], [`exchange`], [`stop`] | the nouns |
//!
//! Which room may name which is checked by `tests/it/layers.rs`.

#![deny(unsafe_code)]

pub mod archive;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crawl;
pub mod dataset;
pub mod demo;
pub mod digest;
pub mod exchange;
pub mod export;
#[cfg(feature = "fleet")]
pub mod fleet;
pub mod handwritten;
pub mod import;
pub mod metrics;
pub mod office;
pub mod parse;
pub mod proof;
pub mod reparse;
pub mod schedule;
pub mod seed;
pub mod serve;
pub mod stop;
pub mod store;
pub mod urlkey;
