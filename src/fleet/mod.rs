//! Past one machine: what workers capture goes to an object store as shards, which an archive takes in or Spark re-reads.

pub mod shards;

/// The PySpark program that re-reads shards.
pub const SPARK_JOB: &str = include_str!("spark_job.py");
