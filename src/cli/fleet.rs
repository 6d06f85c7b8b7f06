//! `gongkai fleet`: what many workers need besides the commands of one machine.

use std::io::Write;

use clap::Subcommand;

use super::Exit;
use crate::fleet::SPARK_JOB;

#[derive(Subcommand)]
pub enum Fleet {
    /// Print the PySpark program that re-reads the shards of a fleet
    SparkJob,
}

impl Fleet {
    pub fn run(self) -> anyhow::Result<Exit> {
        match self {
            Fleet::SparkJob => std::io::stdout().lock().write_all(SPARK_JOB.as_bytes())?,
        }
        Ok(Exit::Done)
    }
}
