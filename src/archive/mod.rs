//! Reading an archive: from what the user named to the texts in it.
//!
//! A [`Store`] lists objects and opens one of them. A [`Walk`] leads from an object to its texts,
//! through [compression](inflate) and [containers](Zip), under limits that are declared once, and
//! shows each text to a [`Visitor`]. Nothing here knows what a record is.

mod codec;
mod container;
mod limits;
mod store;
mod walk;

pub use codec::{
    Damage, InflateError, Inflated, Member, Method, Pieces, Promise, TextBuffer, TextStream,
    inflate, unpack,
};
pub use container::{HEAD, Shape, Tar, TarContent, TarFile, Zip, ZipFile, spool};
pub use limits::{ENTRY_COST, Limits, MIN_WINDOW};
pub use store::{
    Access, Input, ListOptions, Listed, Listing, LocalStore, MAP_THRESHOLD, ObjectRef, OwnFile,
    Place, Store, StoreError, Stored, missing, read_names,
};
pub use walk::{Body, Buffers, Entry, Failure, Interest, Position, Text, Visitor, Walk};
