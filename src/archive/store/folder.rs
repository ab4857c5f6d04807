//! The entries of one folder, sorted, in little memory.
//!
//! All names stand in one buffer, and an entry is eight bytes beside its name. What an entry is
//! comes from the folder itself; only links are looked at, and whatever the file system does not
//! tell the type of.

use std::{
    ffi::OsStr,
    fs::{self, DirEntry},
    io,
    os::unix::ffi::OsStrExt,
    path::PathBuf,
};

use super::list::OwnFile;
use crate::platform::FileId;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    /// A file that may be one this process writes to; its id decides.
    MaybeOwn,
    LinkToFile,
    Folder,
    LinkToFolder,
    /// A link that leads nowhere, or an entry whose type cannot be told.
    Unreadable,
    /// A pipe, a socket, a device, or a link to one.
    Special,
}

/// A folder that is being walked.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// What the names of its files begin with.
    prefix: Vec<u8>,
    /// Its identity, if it was asked for.
    pub(super) identity: Option<FileId>,
    names: Vec<u8>,
    entries: Vec<Entry>,
    next: usize,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    start: u32,
    length: u16,
    kind: Kind,
}

impl Folder {
    /// Reads and sorts the entries of `path`. If reading breaks off, `broken` is set and the folder
    /// has the entries before the break.
    #[expect(clippy::disallowed_methods, reason = "log files are listed here")]
    pub(super) fn open(
        path: PathBuf,
        prefix: Vec<u8>,
        identity: Option<FileId>,
        own_files: &[OwnFile],
        broken: &mut Option<io::Error>,
    ) -> io::Result<Self> {
        let listed = fs::read_dir(&path)?;
        let mut folder =
            Self { path, prefix, identity, names: Vec::new(), entries: Vec::new(), next: 0 };
        for entry in listed {
            if let Err(error) = entry.and_then(|entry| folder.add(&entry, own_files)) {
                *broken = Some(error);
                break;
            }
        }
        let names = &folder.names;
        folder.entries.sort_unstable_by(|a, b| a.key(names).cmp(b.key(names)));
        Ok(folder)
    }

    fn add(&mut self, entry: &DirEntry, own_files: &[OwnFile]) -> io::Result<()> {
        let name = entry.file_name();
        let name = name.as_bytes();
        let too_many = |_| io::Error::other("too many names in one folder");
        let start = u32::try_from(self.names.len()).map_err(too_many)?;
        let length = u16::try_from(name.len()).map_err(too_many)?;
        let kind = match kind(entry) {
            Kind::File if own_files.iter().any(|own| own.id.may_be(entry)) => Kind::MaybeOwn,
            kind => kind,
        };
        self.entries.push(Entry { start, length, kind });
        self.names.extend_from_slice(name);
        Ok(())
    }

    /// The next entry, in the order of full keys: where it is, its full name, and what it is.
    pub(super) fn next(&mut self) -> Option<(PathBuf, Vec<u8>, Kind)> {
        let entry = self.entries.get(self.next)?;
        self.next += 1;
        let own_name = entry.name(&self.names);
        let path = self.path.join(OsStr::from_bytes(own_name));
        let name = [&self.prefix, own_name].concat();
        Some((path, name, entry.kind))
    }
}

impl Entry {
    fn name(self, names: &[u8]) -> &[u8] {
        let start = self.start as usize;
        &names[start..start + usize::from(self.length)]
    }

    /// The bytes it sorts by: a folder's files have a `/` behind its name.
    fn key(self, names: &[u8]) -> impl Iterator<Item = &u8> {
        let slash: &[u8] = match self.kind {
            Kind::Folder | Kind::LinkToFolder => b"/",
            _ => b"",
        };
        self.name(names).iter().chain(slash)
    }
}

fn kind(entry: &DirEntry) -> Kind {
    match entry.file_type() {
        Ok(kind) if kind.is_file() => Kind::File,
        Ok(kind) if kind.is_dir() => Kind::Folder,
        Ok(kind) if kind.is_symlink() => match fs::metadata(entry.path()) {
            Ok(target) if target.is_file() => Kind::LinkToFile,
            Ok(target) if target.is_dir() => Kind::LinkToFolder,
            Ok(_) => Kind::Special,
            Err(_) => Kind::Unreadable,
        },
        Ok(_) => Kind::Special,
        Err(_) => Kind::Unreadable,
    }
}
