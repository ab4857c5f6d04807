//! Text for people and machines: escaping per medium, numbers with their nouns; and text files that
//! people write, decoded.

mod count;
mod decode;
pub mod escape;
mod hex;
mod nearest;
mod reason;
mod wrap;

pub use count::{bytes, counted, grouped};
pub use decode::{Encoding, TextError, decode};
pub use hex::hex;
pub(crate) use nearest::nearest;
pub use reason::{io_reason, without_os_code};
pub use wrap::wrapped;
