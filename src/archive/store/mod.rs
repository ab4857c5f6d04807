//! Stores: where objects are listed and opened.

mod folder;
mod list;
mod local;

use std::{io, path::PathBuf};

pub use list::{Input, ListOptions, Listing, OwnFile, missing, read_names};
pub use local::{LocalStore, MAP_THRESHOLD};
use serde::{Deserialize, Serialize};

use crate::{cloudtrail::FileName, platform::MappedFile};

/// An object that was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRef {
    /// Where it is.
    pub place: Place,
    /// Its name in findings and coverage.
    pub name: FileName,
    /// The user named it, instead of a walk finding it: then not understanding it is a failure.
    pub named: bool,
}

/// Where an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// On disk.
    Path(PathBuf),
    /// Standard input.
    Stdin,
}

/// What a listing yields.
#[derive(Debug)]
pub enum Listed {
    /// An object to search.
    File(ObjectRef),
    /// Something that should have been listed and could not be: an unreadable folder, a link loop,
    /// a special file. It counts as a listed object that failed.
    Failed {
        /// Its name.
        name: FileName,
        /// Why.
        reason: String,
    },
}

/// The bytes of an opened object or entry, as they are stored.
#[derive(Debug)]
pub enum Stored<'b> {
    /// In a buffer.
    Bytes(&'b [u8]),
    /// Mapped.
    Mapped(MappedFile),
}

impl Stored<'_> {
    /// All of them.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Mapped(map) => map.bytes(),
        }
    }

    /// Says that the bytes before `end` are not needed in memory any more.
    pub fn release(&self, end: u64) {
        if let Self::Mapped(map) = self {
            map.release(usize::try_from(end).unwrap_or(usize::MAX));
        }
    }
}

/// Why an object could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It cannot be opened.
    #[error("cannot open it: {0}")]
    Open(io::Error),
    /// It cannot be read to its end.
    #[error("cannot read it: {0}")]
    Read(io::Error),
    /// It cannot be kept in a temporary file.
    #[error("cannot keep it in a temporary file: {0}")]
    Spool(io::Error),
    /// Reading it was ended before its end.
    #[error("interrupted before all of it was read")]
    Interrupted,
    /// It is not a file.
    #[error("not a regular file")]
    NotAFile,
}

impl StoreError {
    /// An error of reading, or the one that it wraps.
    fn from_reading(error: io::Error) -> Self {
        error.downcast().unwrap_or_else(Self::Read)
    }
}

/// A place that holds objects.
pub trait Store: Sync {
    /// Opens one object. `buffer` is the worker's own and is reused from object to object.
    fn open<'b>(
        &self,
        object: &ObjectRef,
        buffer: &'b mut Vec<u8>,
    ) -> Result<Stored<'b>, StoreError>;
}

/// How local files are brought into memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Small files are read, large ones mapped: below about 100 KB mapping costs more than reading.
    #[default]
    Auto,
    /// Every regular file that is not empty is mapped.
    Mmap,
    /// No file of the archive is mapped.
    Read,
}
