//! The checkpoint of a hunt: what an interrupted hunt resumes from.
//!
//! A checkpoint file holds a header (which hunt it is), the listing, and then, block by block, what the
//! collector took in: each file's report with its findings, in the order of the listing. To resume, all
//! of that is given to the collector once more, which reaches the same state, and the hunt continues
//! behind it. The result is the same because the collector runs the same steps, not because a saved
//! state is complete.
//!
//! Whatever ends the process, only what was not yet a whole block is searched again.

mod blocks;
mod header;
mod item;
mod listing;
mod log;
mod names;

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

pub use header::{FileHashes, Header};

use self::blocks::{Kind, MAGIC, Place, Reader, VERSIONS, Writer};
pub(super) use self::{listing::StoredListing, log::LogWriter};
use super::{clock::now, job::Start, report::FileReport, spool::Spool};
use crate::archive::{Input, ListOptions, Listing};

/// Why a hunt cannot write a checkpoint or resume from one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Something else is there.
    #[error("{path} is not a checkpoint, and is not overwritten: give the name of a new file")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Another version of the program wrote it.
    #[error(
        "{path} is a checkpoint of another version of backtrail: delete it to start over, or resume with the version \
         that wrote it"
    )]
    OtherVersion {
        /// The file.
        path: PathBuf,
    },
    /// Its beginning is not what was written.
    #[error("the checkpoint {path} is corrupt; delete it to start over")]
    Corrupt {
        /// The file.
        path: PathBuf,
    },
    /// Two hunts cannot resume from it at once.
    #[error("another running hunt uses the checkpoint {path}")]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// It belongs to another hunt.
    #[error("{path} is the checkpoint of another hunt: {}{}", messages.join("; "), more(*differences, messages))]
    Differs {
        /// The file.
        path: PathBuf,
        /// The first differences.
        messages: Vec<String>,
        /// How many there are.
        differences: u64,
    },
    /// It cannot be read or written.
    #[error("cannot read or write the checkpoint {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The hunt was interrupted before it began.
    #[error("interrupted while the files were listed")]
    Interrupted,
}

fn more(differences: u64, messages: &[String]) -> String {
    match differences.saturating_sub(messages.len() as u64) {
        0 => String::new(),
        more => format!("; and {more} more"),
    }
}

/// A checkpoint file, open and locked.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    file: File,
    header: Header,
    /// Where the listing begins and ends.
    listed: Place,
    ended: Place,
    resumes: bool,
    touched: u64,
}

impl Checkpoint {
    /// Opens the checkpoint at `path` for the hunt of that header and listing, or begins one if there
    /// is none. Only names are read of the inputs. `stop` ends a long listing.
    pub fn open(
        path: &Path,
        header: Header,
        inputs: &[Input],
        options: &ListOptions,
        stop: &dyn Fn() -> bool,
    ) -> Result<Self, CheckpointError> {
        let failed = |source| CheckpointError::Io { path: path.to_owned(), source };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        // Not every file system has locks. Without one, two hunts can use one checkpoint unnoticed.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(CheckpointError::Busy { path: path.to_owned() });
        }
        let mut checkpoint = Self {
            path: path.to_owned(),
            file,
            header,
            listed: Place::first(),
            ended: Place::first(),
            resumes: false,
            touched: 0,
        };
        let listing = || Listing::new(inputs.to_vec(), options.clone());
        if !(checkpoint.read_header()? && checkpoint.compare(listing(), stop)?) {
            checkpoint.begin(listing(), stop)?;
        }
        Ok(checkpoint)
    }

    /// The header, as it was when the hunt began.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The hunt began in an earlier run.
    pub fn resumes(&self) -> bool {
        self.resumes
    }

    /// Files whose size and time are as they were, and whose attributes were changed since.
    pub fn touched(&self) -> u64 {
        self.touched
    }

    /// An error of reading or writing the file.
    pub(super) fn failed(&self, source: io::Error) -> CheckpointError {
        CheckpointError::Io { path: self.path.clone(), source }
    }

    /// Whether a hunt began here. If it is another one, that is an error.
    fn read_header(&mut self) -> Result<bool, CheckpointError> {
        let length = self.file.metadata().map_err(|error| self.failed(error))?;
        if !length.is_file() {
            return Err(CheckpointError::Foreign { path: self.path.clone() });
        }
        let mut magic = [0; MAGIC.len()];
        let there = usize::try_from(length.len()).unwrap_or(usize::MAX).min(MAGIC.len());
        let read = self.file.read_exact_at(&mut magic[..there], 0);
        read.map_err(|error| self.failed(error))?;
        if magic[..there] != MAGIC[..there] {
            let path = self.path.clone();
            let is_other_version = VERSIONS.iter().any(|other| magic.starts_with(other));
            return Err(if is_other_version {
                CheckpointError::OtherVersion { path }
            } else {
                CheckpointError::Foreign { path }
            });
        }
        if there < MAGIC.len() {
            return Ok(false);
        }
        let mut reader = self.reader(Place::first())?;
        match reader.next().map_err(|error| self.failed(error))? {
            Some(Kind::Header) => {}
            None if reader.is_torn().map_err(|error| self.failed(error))? => return Ok(false),
            Some(_) | None => return Err(CheckpointError::Corrupt { path: self.path.clone() }),
        }
        let Ok(was) = serde_json::from_slice::<Header>(&reader.content) else {
            return Err(CheckpointError::Corrupt { path: self.path.clone() });
        };
        let messages = was.differences(&self.header);
        if !messages.is_empty() {
            let differences = messages.len() as u64;
            return Err(CheckpointError::Differs {
                path: self.path.clone(),
                messages,
                differences,
            });
        }
        (self.header, self.listed) = (was, reader.place);
        Ok(true)
    }

    /// Whether the listing is stored whole. If it is another one now, that is an error.
    fn compare(
        &mut self,
        listing: Listing,
        stop: &dyn Fn() -> bool,
    ) -> Result<bool, CheckpointError> {
        let compared = listing::compare(self.listing()?, listing, stop);
        let compared = compared.map_err(|error| self.failed(error))?;
        if compared.stopped {
            return Err(CheckpointError::Interrupted);
        }
        let Some(end) = compared.end else { return Ok(false) };
        if compared.differences > 0 {
            let listing::Compared { messages, differences, .. } = compared;
            return Err(CheckpointError::Differs {
                path: self.path.clone(),
                messages,
                differences,
            });
        }
        (self.ended, self.touched, self.resumes) = (end, compared.touched, true);
        Ok(true)
    }

    /// Begins a checkpoint. What is there ends before anything was searched.
    fn begin(&mut self, listing: Listing, stop: &dyn Fn() -> bool) -> Result<(), CheckpointError> {
        self.header.started = now().to_string();
        let header = serde_json::to_vec(&self.header).map_err(|error| self.failed(error.into()))?;
        let written = (|| {
            self.file.write_all_at(MAGIC, 0)?;
            let mut writer = Writer::at(self.file.try_clone()?, Place::first())?;
            writer.append(Kind::Header, &header)?;
            self.listed = writer.end;
            let whole = listing::write(listing, &mut writer, stop)?;
            self.ended = writer.end;
            Ok(whole)
        })();
        match written {
            Ok(true) => Ok(()),
            Ok(false) => Err(CheckpointError::Interrupted),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn reader(&self, place: Place) -> Result<Reader, CheckpointError> {
        Reader::at(&self.file, place).map_err(|error| self.failed(error))
    }

    /// The stored listing.
    pub(super) fn listing(&self) -> Result<StoredListing, CheckpointError> {
        Ok(StoredListing::new(self.reader(self.listed)?))
    }

    /// Gives what was taken in before to `take`, until that answers `false`. Returns the writer of what
    /// follows, and where that begins.
    pub(super) fn replay(
        &self,
        take: &mut dyn FnMut(FileReport, Spool) -> bool,
    ) -> Result<Option<(LogWriter, Start)>, CheckpointError> {
        let reader = self.reader(self.ended)?;
        let writer = |reader: &Reader| Writer::at(self.file.try_clone()?, reader.place);
        LogWriter::replay(reader, writer, take).map_err(|error| self.failed(error))
    }
}
