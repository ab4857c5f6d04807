//! Text for people and machines: escaping per medium, numbers with their nouns.

mod count;
pub mod escape;

pub use count::{bytes, counted, grouped};
