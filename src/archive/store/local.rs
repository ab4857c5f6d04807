//! Log files on the local disk, and standard input.
//!
//! A file arrives as stored, whole: in the worker's buffer or as a map. What can only be read once
//! (a pipe, a device, standard input) is spooled to a temporary file and mapped from there once it
//! is larger than memory should hold.

use std::{
    io::{self, Read, Write},
    os::fd::AsFd,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use super::{Access, ObjectRef, Place, Store, StoreError, Stored};
use crate::{
    archive::limits::{MAX_GROWTH, MAX_HELD_STREAM, MAX_STREAM},
    platform::{MappedFile, pipe},
};

/// From this many stored bytes on, [`Access::Auto`] maps a file.
pub const MAP_THRESHOLD: u64 = 256 << 10;

/// The least that a read asks for: most log files end within it.
const FIRST_READ: usize = 64 << 10;

/// Bytes of a stream that are copied at once.
const COPIED_AT_ONCE: usize = 1 << 20;

/// Local files and standard input.
#[derive(Debug, Clone, Copy)]
pub struct LocalStore<'i> {
    /// How files are brought into memory.
    pub access: Access,
    /// From this many stored bytes on, [`Access::Auto`] maps.
    pub map_from: u64,
    /// Ends waiting for pipes, and copying what has no end.
    interrupt: Option<&'i AtomicBool>,
}

impl<'i> LocalStore<'i> {
    /// A source with the measured threshold.
    pub fn new(access: Access) -> Self {
        Self { access, map_from: MAP_THRESHOLD, interrupt: None }
    }

    /// The same source, which no longer waits for bytes once `interrupt` is set.
    #[must_use]
    pub fn until(self, interrupt: &'i AtomicBool) -> Self {
        Self { interrupt: Some(interrupt), ..self }
    }

    fn fetch_path<'b>(
        &self,
        path: &Path,
        named: bool,
        buffer: &'b mut Vec<u8>,
    ) -> Result<Stored<'b>, StoreError> {
        // What was listed as a file may have become a pipe, which must hold up nobody.
        let mut file = pipe::open(path).map_err(StoreError::Open)?;
        let metadata = file.metadata().map_err(StoreError::Read)?;
        if !metadata.is_file() {
            // Who names a pipe or a device wants it read; who lists a folder does not.
            if !named || metadata.is_dir() {
                return Err(StoreError::NotAFile);
            }
            let mut stream = Waiting { file, interrupt: self.interrupt };
            return self.fetch_stream(&mut stream, buffer, 0, Spool::default());
        }
        let length = metadata.len();
        let map = match self.access {
            // A file without length is empty, or made up as it is read, such as those of /proc.
            Access::Mmap => length > 0,
            Access::Auto => length >= self.map_from.max(1),
            Access::Read => false,
        };
        if map {
            return MappedFile::new(&file).map(Stored::Mapped).map_err(StoreError::Read);
        }
        let mut filled = 0;
        // A copy of our own can be mapped where the file itself must not be.
        if length <= MAX_HELD_STREAM as u64 {
            // One byte more than is expected tells the end without growing the buffer.
            let expected = usize::try_from(length).unwrap_or(MAX_HELD_STREAM).saturating_add(1);
            let up_to = expected.max(FIRST_READ);
            // A read that gives less than it was asked for, and ends where the size says the end is,
            // is the last. Of most files it is the only one.
            filled = read_once(&mut file, buffer, up_to)?;
            if length == 0 || filled as u64 != length {
                filled = fill(&mut file, buffer, filled, up_to)?;
            }
            if filled < up_to {
                return Ok(Stored::Bytes(&buffer[..filled]));
            }
        }
        self.fetch_stream(&mut file, buffer, filled, Spool::for_file(length))
    }

    /// Takes what can be read only once, or not at once, of which `filled` bytes are in the buffer
    /// already.
    fn fetch_stream<'b>(
        &self,
        stream: &mut impl Read,
        buffer: &'b mut Vec<u8>,
        mut filled: usize,
        spool: Spool,
    ) -> Result<Stored<'b>, StoreError> {
        let mut up_to = FIRST_READ.max(filled).min(spool.from.max(filled));
        loop {
            filled = fill(stream, buffer, filled, up_to)?;
            if filled < up_to {
                return Ok(Stored::Bytes(&buffer[..filled]));
            }
            if up_to >= spool.from {
                break;
            }
            up_to = up_to.saturating_mul(2).min(spool.from);
        }
        let mut file = tempfile::tempfile().map_err(StoreError::Spool)?;
        file.write_all(&buffer[..filled]).map_err(StoreError::Spool)?;
        let mut copied = filled as u64;
        loop {
            if self.interrupt.is_some_and(|interrupt| interrupt.load(Ordering::Relaxed)) {
                return Err(StoreError::Interrupted);
            }
            let read = fill(stream, buffer, 0, COPIED_AT_ONCE)?;
            if read == 0 {
                break;
            }
            copied += read as u64;
            if copied > spool.limit {
                return Err(spool.too_large());
            }
            file.write_all(&buffer[..read]).map_err(StoreError::Spool)?;
        }
        MappedFile::new(&file).map(Stored::Mapped).map_err(StoreError::Spool)
    }
}

impl Store for LocalStore<'_> {
    fn open<'b>(
        &self,
        file: &ObjectRef,
        buffer: &'b mut Vec<u8>,
    ) -> Result<Stored<'b>, StoreError> {
        if buffer.len() > MAX_HELD_STREAM {
            buffer.truncate(FIRST_READ);
            buffer.shrink_to(FIRST_READ);
        }
        match &file.place {
            Place::Path(path) => self.fetch_path(path, file.named, buffer),
            Place::Stdin => {
                let mut stream = Waiting { file: pipe::stdin(), interrupt: self.interrupt };
                self.fetch_stream(&mut stream, buffer, 0, Spool::default())
            }
        }
    }
}

/// A pipe, a device or standard input, read as bytes come and until there is an interrupt.
struct Waiting<'i, F> {
    file: F,
    interrupt: Option<&'i AtomicBool>,
}

impl<F: AsFd> Read for Waiting<'_, F> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        /// How long an interrupt may go unseen.
        const PATIENCE: Duration = Duration::from_millis(100);
        loop {
            if self.interrupt.is_some_and(|interrupt| interrupt.load(Ordering::Relaxed)) {
                return Err(io::Error::other(StoreError::Interrupted));
            }
            if !pipe::wait(&self.file, PATIENCE)? {
                continue;
            }
            match pipe::read(&self.file, into) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => return done,
            }
        }
    }
}

/// The sizes at which a stream leaves memory, and at which it is refused.
#[derive(Debug, Clone, Copy)]
struct Spool {
    from: usize,
    limit: u64,
    /// The size it was listed with, if it is a file.
    listed: Option<u64>,
}

impl Default for Spool {
    fn default() -> Self {
        Self { from: MAX_HELD_STREAM, limit: MAX_STREAM, listed: None }
    }
}

impl Spool {
    /// For a file that was listed with this size. Files may grow while they are read, and some have
    /// no end.
    fn for_file(length: u64) -> Self {
        let limit = length.saturating_add(MAX_GROWTH).min(MAX_STREAM);
        Self { from: MAX_HELD_STREAM, limit, listed: Some(length) }
    }

    fn too_large(&self) -> StoreError {
        let reason = match self.listed {
            Some(length) if self.limit > length => {
                format!("it yields more than {} bytes, and was listed with {length}", self.limit)
            }
            _ => format!("a stream of more than {} bytes", self.limit),
        };
        StoreError::Read(io::Error::new(io::ErrorKind::FileTooLarge, reason))
    }
}

/// Reads until `up_to` bytes of the buffer are filled or the end is met, whichever is first.
fn fill(
    from: &mut impl Read,
    buffer: &mut Vec<u8>,
    mut filled: usize,
    up_to: usize,
) -> Result<usize, StoreError> {
    grow(buffer, up_to)?;
    while filled < up_to {
        match read(from, &mut buffer[filled..up_to])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// Reads once, up to `up_to` bytes.
fn read_once(
    from: &mut impl Read,
    buffer: &mut Vec<u8>,
    up_to: usize,
) -> Result<usize, StoreError> {
    grow(buffer, up_to)?;
    read(from, &mut buffer[..up_to])
}

/// Makes room for so many bytes. The buffer is never cleared: its bytes are zeroed once and not again
/// for each file.
fn grow(buffer: &mut Vec<u8>, up_to: usize) -> Result<(), StoreError> {
    if buffer.len() < up_to {
        // The length comes from outside, and a failed allocation would end the process.
        let missing = up_to - buffer.len();
        buffer.try_reserve_exact(missing).map_err(|e| StoreError::Read(io::Error::other(e)))?;
        buffer.resize(up_to, 0);
    }
    Ok(())
}

fn read(from: &mut impl Read, into: &mut [u8]) -> Result<usize, StoreError> {
    loop {
        match from.read(into) {
            Ok(read) => return Ok(read),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
                return Err(StoreError::NotAFile);
            }
            Err(error) => return Err(StoreError::from_reading(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use std::{fs, path::PathBuf};

    use super::*;
    use crate::cloudtrail::FileName;

    fn log_file(path: PathBuf) -> ObjectRef {
        ObjectRef { place: Place::Path(path), name: FileName::default(), named: false }
    }

    fn bytes_of(length: usize) -> Vec<u8> {
        (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect()
    }

    #[test]
    fn every_access_gives_the_stored_bytes_and_one_buffer_does_for_all() {
        let folder = tempfile::tempdir().unwrap();
        let mut buffer = Vec::new();
        let sizes = [300_000, 0, 1, FIRST_READ - 1, FIRST_READ, FIRST_READ + 1, 262_144, 200_000];
        for (i, size) in sizes.into_iter().enumerate() {
            let path = folder.path().join(i.to_string());
            fs::write(&path, bytes_of(size)).unwrap();
            for access in [Access::Auto, Access::Mmap, Access::Read] {
                let source = LocalStore::new(access);
                let file = log_file(path.clone());
                let packed = source.open(&file, &mut buffer).unwrap();
                assert!(packed.bytes() == bytes_of(size), "{size} {access:?}");
                let mapped = matches!(packed, Stored::Mapped(_));
                let expected = match access {
                    Access::Auto => size >= 262_144,
                    Access::Mmap => size > 0,
                    Access::Read => false,
                };
                assert_eq!(mapped, expected, "{size} {access:?}");
            }
        }
    }

    #[test]
    fn a_folder_is_not_a_file_and_what_is_missing_cannot_be_opened() {
        let folder = tempfile::tempdir().unwrap();
        for access in [Access::Auto, Access::Mmap, Access::Read] {
            let source = LocalStore::new(access);
            let mut buffer = Vec::new();
            let error = source.open(&log_file(folder.path().into()), &mut buffer).unwrap_err();
            assert!(matches!(error, StoreError::NotAFile), "{error}");
            let gone = log_file(folder.path().join("gone"));
            let error = source.open(&gone, &mut buffer).unwrap_err();
            assert!(matches!(error, StoreError::Open(_)), "{error}");
        }
    }

    /// Gives its bytes in pieces of three, with an interruption before each.
    struct Drip<'d> {
        rest: &'d [u8],
        interrupt: bool,
    }

    impl Read for Drip<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.interrupt = !self.interrupt;
            if self.interrupt {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let (now, rest) = self.rest.split_at(3.min(into.len()).min(self.rest.len()));
            self.rest = rest;
            into[..now.len()].copy_from_slice(now);
            Ok(now.len())
        }
    }

    #[test]
    fn a_stream_is_held_spooled_or_refused_by_its_size() {
        let text = bytes_of(1000);
        let source = LocalStore::new(Access::Auto);
        let cases = [(1001, 5000, false), (1000, 5000, true), (10, 1000, true), (10, 2000, true)];
        for (from, limit, mapped) in cases {
            let mut stream = Drip { rest: &text, interrupt: false };
            let mut buffer = Vec::new();
            let packed = source
                .fetch_stream(&mut stream, &mut buffer, 0, Spool { from, limit, listed: None })
                .unwrap();
            assert_eq!(packed.bytes(), text);
            assert_eq!(matches!(packed, Stored::Mapped(_)), mapped, "{from} {limit}");
        }
        let mut stream = Drip { rest: &text, interrupt: false };
        let spool = Spool { from: 10, limit: 999, listed: None };
        let error = source.fetch_stream(&mut stream, &mut Vec::new(), 0, spool).unwrap_err();
        assert!(error.to_string().contains("more than 999 bytes"), "{error}");
    }

    #[test]
    fn reading_a_large_file_maps_a_copy_and_never_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.json");
        let file = fs::File::create(&path).unwrap();
        let length = MAX_HELD_STREAM as u64 + 1;
        file.set_len(length).unwrap();
        let mut buffer = Vec::new();
        let source = LocalStore::new(Access::Read);
        let packed = source.open(&log_file(path), &mut buffer).unwrap();
        // Were the file itself mapped, cutting it would take the bytes away.
        file.set_len(0).unwrap();
        assert_eq!(packed.bytes().len() as u64, length);
        assert_eq!(packed.bytes().last(), Some(&0));
    }

    #[test]
    fn bytes_that_were_let_go_can_be_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let bytes = bytes_of(300_000);
        fs::write(&path, &bytes).unwrap();
        let mut buffer = Vec::new();
        let packed = LocalStore::new(Access::Mmap).open(&log_file(path), &mut buffer).unwrap();
        for end in [0, 1, 4096, 200_000, 300_000, u64::MAX] {
            packed.release(end);
            assert_eq!(packed.bytes(), bytes, "{end}");
        }
    }

    #[test]
    fn a_device_that_is_named_is_read_through() {
        let source = LocalStore::new(Access::Auto);
        let mut buffer = vec![1; 10];
        let device = log_file("/dev/null".into());
        let refused = source.open(&device, &mut buffer).unwrap_err();
        assert!(matches!(refused, StoreError::NotAFile), "{refused}");
        let named = ObjectRef { named: true, ..device };
        let packed = source.open(&named, &mut buffer).unwrap();
        assert!(packed.bytes().is_empty());
    }

    #[test]
    fn a_file_that_became_a_pipe_holds_up_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        let mut buffer = Vec::new();
        for access in [Access::Auto, Access::Mmap, Access::Read] {
            let refused = LocalStore::new(access).open(&log_file(path.clone()), &mut buffer);
            assert!(matches!(refused, Err(StoreError::NotAFile)));
        }
        let interrupt = AtomicBool::new(true);
        let source = LocalStore::new(Access::Auto).until(&interrupt);
        let named = ObjectRef { named: true, ..log_file(path) };
        let ended = source.open(&named, &mut buffer);
        assert!(matches!(ended, Err(StoreError::Interrupted)));
    }

    #[test]
    fn a_file_that_grows_is_read_up_to_a_bound() {
        let source = LocalStore::new(Access::Auto);
        let text = bytes_of(1000);
        let spool = Spool { from: 10, limit: 900, listed: Some(100) };
        let mut stream = Drip { rest: &text, interrupt: false };
        let error = source.fetch_stream(&mut stream, &mut Vec::new(), 0, spool).unwrap_err();
        let told = "it yields more than 900 bytes, and was listed with 100";
        assert!(error.to_string().contains(told), "{error}");
        assert_eq!(Spool::for_file(5).limit, 5 + (1 << 30));
        assert_eq!(Spool::for_file(u64::MAX).limit, MAX_STREAM);
    }
}
