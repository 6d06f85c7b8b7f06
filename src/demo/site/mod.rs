//! The sites of the replica, one file each.

pub mod hangzhou;
pub mod pingtan;
pub mod shanghai;
pub mod sichuan;
pub mod zongyang;
