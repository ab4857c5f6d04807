//! Opening files that may be something else, and waiting for what comes later: what Unix has its
//! own way for.

use std::{
    fs::{File, OpenOptions},
    io,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::fs::OpenOptionsExt,
    },
    path::Path,
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::OFlags,
    io::Errno,
};

/// Opens a file for reading and never waits: not for a writer of a pipe, not for a device. Reading
/// from it does not wait either.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

/// Waits until something can be read, or its end is reached; `false` if that takes longer. A pipe
/// that nobody has opened for writing yet has nothing to read, and no end.
pub(crate) fn wait(file: impl AsFd, at_most: Duration) -> io::Result<bool> {
    let timeout = Timespec::try_from(at_most).unwrap_or_default();
    let mut files = [PollFd::new(&file, PollFlags::IN)];
    match poll(&mut files, Some(&timeout)) {
        Ok(ready) => Ok(ready > 0),
        // A signal: who waits asks what it meant.
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Standard input without a buffer of its own.
pub(crate) fn stdin() -> BorrowedFd<'static> {
    rustix::stdio::stdin()
}

/// Reads once from a file that [`wait`] said is ready.
pub(crate) fn read(file: impl AsFd, into: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::io::read(file, into)?)
}
