//! What depends on the operating system, behind functions that promise the same everywhere.
//!
//! Only the Unix side is written so far; each function here is where another system is added.

mod durable;
mod identity;
mod map;
pub(crate) mod pipe;

pub use durable::{create_new, open_below, open_without_following, subfolder, sync_folder};
pub use identity::{FileId, Place, StandardStream};
pub use map::MappedFile;
