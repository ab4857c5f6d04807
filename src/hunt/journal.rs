//! The state of a hunt, kept so that it can go on after it was broken off.
//!
//! A state file has what was asked for, the listing, and then, block by block, what the collector took
//! in: each file's report with its findings, in the order of the listing. To go on is to give all of
//! that to the collector once more, which so comes to stand where it stood, and to hunt on behind it.
//! So the result is the same by the way it comes to be, not by care.
//!
//! Whatever ends the process, only what was not yet a whole block is hunted through again.

mod asked;
mod blocks;
mod code;
mod keeper;
mod listed;
mod report;

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

pub use asked::Asked;

use self::blocks::{Kind, MAGIC, Place, Reader, Writer};
pub(super) use self::{
    keeper::{Keeper, Start},
    listed::Kept,
};
use super::{spool::Spool, worker::Report};
use crate::archive::{Input, ListOptions, Listing};

/// Why a hunt cannot keep its state or go on from one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// Something else is there.
    #[error("{path} is no state of a hunt, and is not written over: give the name of a new file")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Its beginning is not what was written.
    #[error(
        "{path} is damaged at its beginning, so that nothing in it can be trusted: remove it to begin anew"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// Two hunts cannot go on from it at once.
    #[error("another hunt is going on from {path}")]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// It is the state of another hunt.
    #[error("{path} is the state of another hunt: {}{}", told.join("; "), more(*differences, told))]
    Differs {
        /// The file.
        path: PathBuf,
        /// The first differences.
        told: Vec<String>,
        /// How many there are.
        differences: u64,
    },
    /// It cannot be read or written.
    #[error("cannot keep the state of the hunt in {path}")]
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

fn more(differences: u64, told: &[String]) -> String {
    match differences.saturating_sub(told.len() as u64) {
        0 => String::new(),
        more => format!("; and {more} more"),
    }
}

/// A state file, open and locked.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    asked: Asked,
    /// The listing begins here, and ends.
    listed: Place,
    ended: Place,
    goes_on: bool,
    touched: u64,
}

impl Journal {
    /// Opens the state at `path` for a hunt that is asked `asked` and has this listing, or begins one
    /// if there is none. Nothing but names is read of the inputs. `stop` ends a long listing.
    pub fn open(
        path: &Path,
        asked: Asked,
        inputs: &[Input],
        options: &ListOptions,
        stop: &dyn Fn() -> bool,
    ) -> Result<Self, JournalError> {
        let failed = |source| JournalError::Io { path: path.to_owned(), source };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        // Not every file system has locks; without one the hunt is as good, only less guarded.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(JournalError::Busy { path: path.to_owned() });
        }
        let mut journal = Self {
            path: path.to_owned(),
            file,
            asked,
            listed: Place::first(),
            ended: Place::first(),
            goes_on: false,
            touched: 0,
        };
        let listing = || Listing::new(inputs.to_vec(), options.clone());
        if !(journal.read_asked()? && journal.compare(listing(), stop)?) {
            journal.begin(listing(), stop)?;
        }
        Ok(journal)
    }

    /// What the hunt was asked for when it began.
    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    /// The hunt began in an earlier run.
    pub fn goes_on(&self) -> bool {
        self.goes_on
    }

    /// Files of the size and time they had, whose attributes were changed since.
    pub fn touched(&self) -> u64 {
        self.touched
    }

    /// What an error of reading or writing is.
    pub(super) fn failed(&self, source: io::Error) -> JournalError {
        JournalError::Io { path: self.path.clone(), source }
    }

    /// Whether a hunt was begun here. If another one was, that is an error.
    fn read_asked(&mut self) -> Result<bool, JournalError> {
        let length = self.file.metadata().map_err(|error| self.failed(error))?;
        if !length.is_file() {
            return Err(JournalError::Foreign { path: self.path.clone() });
        }
        let mut magic = [0; MAGIC.len()];
        let there = usize::try_from(length.len()).unwrap_or(usize::MAX).min(MAGIC.len());
        let read = self.file.read_exact_at(&mut magic[..there], 0);
        read.map_err(|error| self.failed(error))?;
        if magic[..there] != MAGIC[..there] {
            return Err(JournalError::Foreign { path: self.path.clone() });
        }
        if there < MAGIC.len() {
            return Ok(false);
        }
        let mut reader = self.reader(Place::first())?;
        match reader.next().map_err(|error| self.failed(error))? {
            Some(Kind::Asked) => {}
            None if reader.is_torn().map_err(|error| self.failed(error))? => return Ok(false),
            Some(_) | None => return Err(JournalError::Damaged { path: self.path.clone() }),
        }
        let Ok(was) = serde_json::from_slice::<Asked>(&reader.content) else {
            return Err(JournalError::Damaged { path: self.path.clone() });
        };
        let told = was.differences(&self.asked);
        if !told.is_empty() {
            let differences = told.len() as u64;
            return Err(JournalError::Differs { path: self.path.clone(), told, differences });
        }
        (self.asked, self.listed) = (was, reader.place);
        Ok(true)
    }

    /// Whether the listing was kept whole. If it is another one now, that is an error.
    fn compare(&mut self, listing: Listing, stop: &dyn Fn() -> bool) -> Result<bool, JournalError> {
        let compared = listed::compare(self.kept()?, listing, stop);
        let compared = compared.map_err(|error| self.failed(error))?;
        if compared.stopped {
            return Err(JournalError::Interrupted);
        }
        let Some(end) = compared.end else { return Ok(false) };
        if compared.differences > 0 {
            let listed::Compared { told, differences, .. } = compared;
            return Err(JournalError::Differs { path: self.path.clone(), told, differences });
        }
        (self.ended, self.touched, self.goes_on) = (end, compared.touched, true);
        Ok(true)
    }

    /// Begins a state. What was there had not come so far that anything was read.
    fn begin(&mut self, listing: Listing, stop: &dyn Fn() -> bool) -> Result<(), JournalError> {
        self.asked.started = super::drive::now().to_string();
        let asked = serde_json::to_vec(&self.asked).map_err(|error| self.failed(error.into()))?;
        let written = (|| {
            self.file.write_all_at(MAGIC, 0)?;
            let mut writer = Writer::at(self.file.try_clone()?, Place::first())?;
            writer.append(Kind::Asked, &asked)?;
            self.listed = writer.end;
            let whole = listed::write(listing, &mut writer, stop)?;
            self.ended = writer.end;
            Ok(whole)
        })();
        match written {
            Ok(true) => Ok(()),
            Ok(false) => Err(JournalError::Interrupted),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn reader(&self, place: Place) -> Result<Reader, JournalError> {
        Reader::at(&self.file, place).map_err(|error| self.failed(error))
    }

    /// The listing that was kept.
    pub(super) fn kept(&self) -> Result<Kept, JournalError> {
        Ok(Kept::new(self.reader(self.listed)?))
    }

    /// Gives what was taken in before to `take`, until that answers `false`; gives what keeps the rest,
    /// and where that begins.
    pub(super) fn replay(
        &self,
        take: &mut dyn FnMut(Report, Spool) -> bool,
    ) -> Result<Option<(Keeper, Start)>, JournalError> {
        let reader = self.reader(self.ended)?;
        let writer = |reader: &Reader| Writer::at(self.file.try_clone()?, reader.place);
        Keeper::replay(reader, writer, take).map_err(|error| self.failed(error))
    }
}
