//! Where rendered findings end up: standard output, a file, a pipe.
//!
//! A file is written as `FILE.partial` beside its place and renamed when it is whole, so what
//! stands under `FILE` is never half a hunt. Pipes and devices have no such second place and are
//! written through. Two hunts that write the same file at once are told apart by a lock on the
//! partial file, where the file system has locks.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
};

use super::{Sink, SinkError};

/// Bytes held back before they are written.
const BUFFER: usize = 64 * 1024;

/// Links followed from a name to the file it stands for, as many as Linux follows.
const LINKS: usize = 40;

/// Names of standard output. It may be a file that was opened for appending, and opening it a second
/// time would write over its beginning.
const STDOUT: [&str; 3] = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/// The sink of a hunt.
#[derive(Debug)]
pub struct Output {
    writer: BufWriter<Target>,
    /// Someone is watching: nothing is held back between two calls.
    watched: bool,
}

enum Target {
    Through(Box<dyn Write + Send>),
    File { file: File, partial: PathBuf, place: PathBuf },
}

impl Output {
    /// Standard output. On a terminal every write shows at once.
    pub fn stdout() -> Self {
        let stdout = io::stdout();
        let watched = stdout.is_terminal();
        Self { watched, ..Self::writer(Box::new(stdout)) }
    }

    /// Any writer, written through.
    pub fn writer(writer: Box<dyn Write + Send>) -> Self {
        Self::over(Target::Through(writer))
    }

    /// A file, a pipe or a device by its path. A link stands for what it points to.
    ///
    /// An existing file keeps its content until [`Sink::finish`] and its permissions beyond. A
    /// partial file that an earlier hunt left is replaced.
    pub fn file(path: &Path) -> Result<Self, SinkError> {
        let failed = |source| SinkError::Create { path: path.to_owned(), source };
        let place = follow(path).map_err(failed)?;
        if STDOUT.iter().any(|name| place == Path::new(name)) {
            return Ok(Self::stdout());
        }
        let existing = match fs::metadata(&place) {
            Ok(found) if found.is_dir() => return Err(failed(io::ErrorKind::IsADirectory.into())),
            Ok(found) if !found.is_file() || is_descriptor(&place) => {
                let through = OpenOptions::new().append(true).open(&place).map_err(failed)?;
                return Ok(Self::writer(Box::new(through)));
            }
            Ok(found) => Some(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error)),
        };
        let partial =
            partial_name(&place).ok_or_else(|| failed(io::ErrorKind::IsADirectory.into()))?;
        let file = create_partial(&partial)
            .and_then(|file| match existing {
                Some(existing) => file.set_permissions(existing.permissions()).map(|()| file),
                None => Ok(file),
            })
            .map_err(|source| SinkError::Create { path: partial.clone(), source })?;
        Ok(Self::over(Target::File { file, partial, place }))
    }

    /// The files this output writes: its place and the partial one. None for pipes and devices.
    /// A hunt leaves them out of its listing.
    pub fn files(&self) -> Vec<PathBuf> {
        match self.writer.get_ref() {
            Target::File { partial, place, .. } => vec![place.clone(), partial.clone()],
            Target::Through(_) => Vec::new(),
        }
    }

    fn over(target: Target) -> Self {
        Self { writer: BufWriter::with_capacity(BUFFER, target), watched: false }
    }
}

impl Sink for Output {
    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        self.writer.write_all(bytes).map_err(refused)?;
        if self.watched { self.writer.flush().map_err(refused) } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Result<(), SinkError> {
        let flushed = self.writer.flush();
        match self.writer.get_ref() {
            Target::Through(_) => flushed.map_err(refused),
            Target::File { file, partial, place } => flushed
                .and_then(|()| file.sync_all())
                .and_then(|()| fs::rename(partial, place))
                .map_err(|source| SinkError::Finish { partial: partial.clone(), source }),
        }
    }

    fn abandon(mut self: Box<Self>) -> Option<PathBuf> {
        // The hunt ended for another reason, which is the one to tell.
        let _ = self.writer.flush();
        match self.writer.get_ref() {
            Target::Through(_) => None,
            Target::File { partial, .. } => Some(partial.clone()),
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

/// Makes the partial file anew, unless a hunt that still runs holds the one that is there.
#[expect(clippy::disallowed_methods, reason = "a lock is asked for, nothing is read")]
fn create_partial(partial: &Path) -> io::Result<File> {
    match fs::symlink_metadata(partial) {
        Ok(found) if found.is_file() => {
            let held = File::open(partial)
                .is_ok_and(|left| matches!(left.try_lock(), Err(TryLockError::WouldBlock)));
            if held {
                return Err(io::Error::new(
                    io::ErrorKind::ResourceBusy,
                    "another hunt is writing it",
                ));
            }
            fs::remove_file(partial)?;
        }
        // A link is removed rather than followed: it could lead to a file nobody meant to lose.
        Ok(found) if found.is_symlink() => fs::remove_file(partial)?,
        Ok(_) | Err(_) => {}
    }
    let file = OpenOptions::new().write(true).create_new(true).open(partial)?;
    // Not every file system has locks; without one the hunt is as good, only less guarded.
    let _ = file.try_lock();
    Ok(file)
}
