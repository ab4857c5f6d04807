//! Where rendered findings end up: standard output, a file, a pipe.
//!
//! A file is written as `FILE.partial` beside its place and renamed when it is whole, so what
//! stands under `FILE` is never half a hunt. Pipes and devices have no such second place and are
//! written through. A lock on the partial file keeps two hunts from writing it at once, where the
//! file system has locks. A file that has content already is only replaced if the caller says so.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
};

use super::{Sink, SinkError};
use crate::platform::{self, FileId};

/// Bytes held back before they are written.
const BUFFER: usize = 64 * 1024;

/// Links followed from a name to the file it stands for, as many as Linux follows.
const LINKS: usize = 40;

/// Names of standard output. It may be a file that was opened for appending, and opening it a second
/// time would write over its beginning.
const STDOUT: [&str; 3] = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/// Attempts to get hold of a partial file while other hunts create and remove it.
const ATTEMPTS: usize = 100;

/// The sink of a hunt.
#[derive(Debug)]
pub struct Output {
    writer: BufWriter<Target>,
    /// Someone is watching: nothing is held back between two calls.
    watched: bool,
    /// Bytes were written, or the output has ended: the partial file is no longer ours to remove.
    begun: bool,
}

enum Target {
    Through(Box<dyn Write + Send>),
    File { file: File, partial: PathBuf, place: PathBuf, replace: bool },
}

/// Where an output path leads, before anything is created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Standard output.
    Stdout,
    /// A pipe, a device or an open descriptor: bytes are written through.
    Through(PathBuf),
    /// A file.
    File {
        /// The file, with links at its end followed.
        place: PathBuf,
        /// Where the output is written until it is complete.
        partial: PathBuf,
    },
}

impl Destination {
    /// Finds out where `path` leads. A folder is an error.
    pub fn of(path: &Path) -> io::Result<Self> {
        let place = follow(path)?;
        if STDOUT.iter().any(|name| place == Path::new(name)) {
            return Ok(Self::Stdout);
        }
        match fs::metadata(&place) {
            Ok(found) if found.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) if !found.is_file() || is_descriptor(&place) => {
                return Ok(Self::Through(place));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let partial = partial_name(&place).ok_or(io::ErrorKind::IsADirectory)?;
        Ok(Self::File { place, partial })
    }
}

impl Output {
    /// Standard output. On a terminal every write shows at once.
    pub fn stdout() -> Self {
        let stdout = io::stdout();
        let watched = stdout.is_terminal();
        let mut output = Self::writer(Box::new(stdout));
        output.watched = watched;
        output
    }

    /// Any writer, written through.
    pub fn writer(writer: Box<dyn Write + Send>) -> Self {
        Self::over(Target::Through(writer))
    }

    /// A file, a pipe or a device by its path. A link stands for what it points to.
    ///
    /// A file that exists and is not empty is an error. A partial file that an earlier hunt left is
    /// replaced; one that is dropped before anything is written to it is removed.
    pub fn file(path: &Path) -> Result<Self, SinkError> {
        Self::create(path, false)
    }

    /// The same, and a file that exists is replaced. It keeps its content until [`Sink::finish`] and
    /// its permissions beyond.
    pub fn replacing(path: &Path) -> Result<Self, SinkError> {
        Self::create(path, true)
    }

    fn create(path: &Path, replace: bool) -> Result<Self, SinkError> {
        let failed = |source| SinkError::Create { path: path.to_owned(), source };
        let (place, partial) = match Destination::of(path).map_err(failed)? {
            Destination::Stdout => return Ok(Self::stdout()),
            Destination::Through(place) => {
                let through = OpenOptions::new().append(true).open(&place).map_err(failed)?;
                return Ok(Self::writer(Box::new(through)));
            }
            Destination::File { place, partial } => (place, partial),
        };
        let existing = fs::metadata(&place).ok();
        if !replace && existing.as_ref().is_some_and(|found| found.len() > 0) {
            return Err(SinkError::Exists { path: path.to_owned() });
        }
        let file = create_partial(&partial)
            .and_then(|file| match existing {
                Some(existing) => file.set_permissions(existing.permissions()).map(|()| file),
                None => Ok(file),
            })
            .map_err(|source| SinkError::Create { path: partial.clone(), source })?;
        Ok(Self::over(Target::File { file, partial, place, replace }))
    }

    /// The file that this output created. None for pipes, devices and descriptors. It keeps its id
    /// when it gets its final name.
    pub fn created(&self) -> Option<FileId> {
        match self.writer.get_ref() {
            Target::File { file, .. } => FileId::of_open(file).ok(),
            Target::Through(_) => None,
        }
    }

    fn over(target: Target) -> Self {
        let writer = BufWriter::with_capacity(BUFFER, target);
        Self { writer, watched: false, begun: false }
    }
}

impl Sink for Output {
    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        self.begun |= !bytes.is_empty();
        self.writer.write_all(bytes).map_err(refused)?;
        if self.watched { self.writer.flush().map_err(refused) } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Result<(), SinkError> {
        self.begun = true;
        let flushed = self.writer.flush();
        match self.writer.get_ref() {
            Target::Through(_) => flushed.map_err(refused),
            Target::File { file, partial, place, replace } => {
                let failed = |source| SinkError::Finish { partial: partial.clone(), source };
                flushed.and_then(|()| file.sync_all()).map_err(failed)?;
                if !replace && fs::metadata(place).is_ok_and(|found| found.len() > 0) {
                    return Err(failed(io::Error::new(
                        io::ErrorKind::AlreadyExists,
                        format!("another program has written {} meanwhile", place.display()),
                    )));
                }
                fs::rename(partial, place).map_err(failed)?;
                let folder = place.parent().unwrap_or(Path::new("."));
                platform::sync_folder(folder)
                    .map_err(|source| SinkError::Finish { partial: place.clone(), source })
            }
        }
    }

    fn abandon(mut self: Box<Self>) -> Option<PathBuf> {
        self.begun = true;
        // The hunt ended for another reason, which is the one to report.
        let _ = self.writer.flush();
        match self.writer.get_ref() {
            Target::Through(_) => None,
            Target::File { partial, .. } => Some(partial.clone()),
        }
    }

    fn discard(mut self: Box<Self>) {
        self.begun = false;
    }
}

impl Drop for Output {
    /// An output that was opened for a hunt that did not begin leaves nothing behind.
    fn drop(&mut self) {
        if let (false, Target::File { partial, .. }) = (self.begun, self.writer.get_ref()) {
            let _ = fs::remove_file(partial);
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Through(writer) => writer.write(bytes),
            Self::File { file, .. } => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Through(writer) => writer.flush(),
            Self::File { file, .. } => file.flush(),
        }
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Through(_) => f.write_str("Through"),
            Self::File { partial, .. } => f.debug_tuple("File").field(partial).finish(),
        }
    }
}

fn refused(error: io::Error) -> SinkError {
    if error.kind() == io::ErrorKind::BrokenPipe {
        SinkError::Closed
    } else {
        SinkError::Write(error)
    }
}

/// Whether the path names an open descriptor: what it leads to was opened by someone else, who
/// goes on using it, so it must not be replaced by another file.
fn is_descriptor(path: &Path) -> bool {
    let parent = path.parent();
    STDOUT.iter().any(|name| path == Path::new(name))
        || path == Path::new("/dev/stderr")
        || parent == Some(Path::new("/dev/fd"))
        || parent.is_some_and(|parent| parent.starts_with("/proc") && parent.ends_with("fd"))
}

/// The path with links at its end replaced by what they point to, be it there or not.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut place = path.to_owned();
    for _ in 0..LINKS {
        if is_descriptor(&place) {
            return Ok(place);
        }
        match fs::symlink_metadata(&place) {
            Ok(found) if found.is_symlink() => {
                let next = fs::read_link(&place)?;
                place.pop();
                place.push(next);
            }
            Ok(_) => return Ok(place),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(place),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many links"))
}

/// `FILE.partial`; nothing for a path that can only name a folder.
fn partial_name(place: &Path) -> Option<PathBuf> {
    if place.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return None;
    }
    let mut name = place.file_name()?.to_owned();
    name.push(".partial");
    Some(place.with_file_name(name))
}

/// Creates the partial file, unless a hunt that still runs is writing it. One that an earlier hunt left
/// is removed; if it is a link, the link is removed and not what it leads to.
///
/// Another hunt may do the same at the same time. So a file counts only while its lock is held and the
/// path still leads to it.
fn create_partial(partial: &Path) -> io::Result<File> {
    for _ in 0..ATTEMPTS {
        let mut left = None;
        match fs::symlink_metadata(partial) {
            Ok(found) if found.is_file() => {
                let opened = match platform::open_without_following(partial) {
                    Ok(opened) => opened,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) => return Err(error),
                };
                lock(&opened)?;
                if !is_at(&opened, partial)? {
                    continue;
                }
                fs::remove_file(partial)?;
                left = Some(opened);
            }
            Ok(found) if found.is_symlink() => fs::remove_file(partial)?,
            Ok(_) | Err(_) => {}
        }
        let file = match OpenOptions::new().write(true).create_new(true).open(partial) {
            Ok(file) => file,
            Err(error)
                if error.kind() == io::ErrorKind::AlreadyExists
                    && fs::symlink_metadata(partial)
                        .is_ok_and(|found| found.is_file() || found.is_symlink()) =>
            {
                continue;
            }
            Err(error) => return Err(error),
        };
        lock(&file)?;
        // The lock on the earlier file ends here: whoever waits for it finds that it has gone.
        drop(left);
        if is_at(&file, partial)? {
            return Ok(file);
        }
    }
    Err(io::Error::new(io::ErrorKind::ResourceBusy, "other hunts are creating it"))
}

/// Locks a file. Without locks in the file system the hunt is as good, only less guarded.
fn lock(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            Err(io::Error::new(io::ErrorKind::ResourceBusy, "another hunt is writing it"))
        }
        _ => Ok(()),
    }
}

/// Whether the path still leads to this file.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    match FileId::of_link(path) {
        Ok(id) => Ok(id == FileId::of_open(file)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
