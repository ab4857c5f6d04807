//! Where bytes come from, until they are plain text.
//!
//! A [`Source`] lists log files and fetches one of them; [`inflate`] turns what was fetched into
//! text, and [`Zip`] and [`Tar`] go through files that hold files. Nothing here knows what a record
//! is.

mod bundle;
mod folder;
mod inflate;
mod list;
mod local;
mod mmap;
mod unix;

use std::{io, path::PathBuf};

pub use bundle::{HEAD, Shape, Tar, TarContent, TarFile, Zip, ZipFile, spool};
pub use inflate::{
    Damage, InflateError, Inflated, Limits, Member, Method, Pieces, Promise, TextBuffer,
    TextStream, inflate, unpack,
};
pub use list::{Input, ListOptions, Listing, OwnFile, missing, read_names};
pub use local::{LocalSource, MAP_THRESHOLD};
pub use mmap::Access;

use crate::cloudtrail::FileName;

/// One log file that was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    /// Where it is.
    pub place: Place,
    /// Its name in findings and coverage.
    pub name: FileName,
    /// The user named it, instead of a walk finding it: then not understanding it is a failure.
    pub named: bool,
}

/// Where a log file is.
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
    /// A file to search.
    File(LogFile),
    /// Something that should have been listed and could not be: an unreadable folder, a link loop,
    /// a special file. It counts as a listed file that failed.
    Failed {
        /// Its name.
        name: FileName,
        /// Why.
        reason: String,
    },
}

/// A stored file, fetched: mapped or read, still packed.
#[derive(Debug)]
pub enum Packed<'b> {
    /// In the worker's buffer.
    Bytes(&'b [u8]),
    /// Mapped.
    Mapped(mmap::Map),
}

impl Packed<'_> {
    /// The stored bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Mapped(map) => map.bytes(),
        }
    }

    /// Tells that the stored bytes before `end` are not needed in memory any more.
    pub fn release(&self, end: u64) {
        if let Self::Mapped(map) = self {
            map.release(usize::try_from(end).unwrap_or(usize::MAX));
        }
    }
}

/// Why a file could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
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

impl SourceError {
    /// An error of reading, or what it stands for.
    fn of_reading(error: io::Error) -> Self {
        error.downcast().unwrap_or_else(Self::Read)
    }
}

/// A place that holds log files.
pub trait Source: Sync {
    /// Fetches one file. `buffer` is the worker's own and is reused from file to file.
    fn fetch<'b>(&self, file: &LogFile, buffer: &'b mut Vec<u8>)
    -> Result<Packed<'b>, SourceError>;
}
