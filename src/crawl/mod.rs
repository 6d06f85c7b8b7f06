//! Courteous, once: lease an address, be admitted, make one attempt, commit bytes, links and verdict together.

mod events;
mod guard;
mod outcome;
pub mod robots;
mod settings;

pub use events::{Events, Kind as EventKind};
pub use guard::{Guard, Refusal};
pub use outcome::Outcome;
pub use settings::{Identity, Limits, Network, Pace, Resolve, Revisit, Settings};
