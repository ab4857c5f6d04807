//! Text for people and machines: escaping per medium, numbers with their nouns; and text files that
//! people write, decoded.

mod count;
mod decode;
pub mod escape;

pub use count::{bytes, counted, grouped};
pub use decode::{Encoding, TextError, decode};
