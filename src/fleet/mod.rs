//! Past one machine: a frontier that workers share, shards that hold what they capture, and Spark to re-read those.

pub mod frontier;
pub mod shards;
mod worker;

pub use worker::{FleetError, Order, crawl};

/// The PySpark program that re-reads shards.
pub const SPARK_JOB: &str = include_str!("spark_job.py");
