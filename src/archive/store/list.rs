//! Which log files there are.
//!
//! A [`Listing`] walks what the user named, in an order that depends on names alone, and tells of
//! everything it could not list. No file is opened and, but for links and named inputs, none is
//! looked at beyond its folder's entry, so that a million files cost little more than their names.
//! Names are bytes here: this is Unix.

use std::{
    collections::VecDeque,
    ffi::OsStr,
    fs,
    io::{self, Read},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    vec,
};

use globset::GlobSet;

use super::{
    Listed, ObjectRef, Place,
    folder::{Folder, Kind},
};
use crate::{
    cloudtrail::FileName,
    platform::{FileId, StandardStream},
    text::{self, Encoding},
};

/// A list of names over this many bytes is refused.
const LONGEST_LIST: u64 = 1 << 30;

/// What the user named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file or a folder.
    Path(PathBuf),
    /// A file or a folder that is known by another name than that of its place: it was moved.
    Moved {
        /// What its files are called by.
        name: PathBuf,
        /// Where it is.
        place: PathBuf,
    },
    /// Standard input: one log file.
    Stdin,
}

/// How to list.
#[derive(Debug, Clone, Default)]
pub struct ListOptions {
    /// Enter folders that are links.
    pub follow: bool,
    /// Files left out, named ones too, by globs over the full name. A glob that fits a folder only
    /// by the folder's own name leaves out nothing below it.
    pub exclude: GlobSet,
    /// Files that this process writes. Nothing else is left out without a word, whatever its name.
    pub own_files: Vec<OwnFile>,
}

/// A file that this process writes, and that a walk may meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnFile {
    /// The file.
    pub id: FileId,
    /// It held something before this process wrote to it. What that is cannot be told apart from what
    /// is added, so the file is listed as failed.
    pub has_older_content: bool,
}

impl OwnFile {
    /// A file that this process created.
    pub fn created(id: FileId) -> Self {
        Self { id, has_older_content: false }
    }

    /// Standard output and standard error, where they are files. Standard error that is appended to
    /// a file with content is not among them: messages do not grow with what is read of that file.
    pub fn standard() -> Vec<Self> {
        let output = StandardStream::output()
            .map(|stream| Self { id: stream.id, has_older_content: stream.has_content });
        let error = StandardStream::error()
            .filter(|stream| !stream.has_content)
            .map(|stream| Self::created(stream.id));
        output.into_iter().chain(error).collect()
    }
}

/// Reads a list of names, one a line or, with `nul`, one before each NUL byte.
///
/// Every name is a path, `-` too. Blank ones are skipped, and a carriage return at the end of a
/// line belongs to the line's end; a name that ends in one needs the NUL form.
///
/// Without `nul` the list may be UTF-16 and begin with a byte order mark, as PowerShell writes it;
/// otherwise names may hold any bytes.
pub fn read_names(reader: impl Read, nul: bool) -> io::Result<Vec<Input>> {
    let mut list = Vec::new();
    reader.take(LONGEST_LIST + 1).read_to_end(&mut list)?;
    if list.len() as u64 > LONGEST_LIST {
        let reason = format!("it has more than {LONGEST_LIST} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    if nul {
        return Ok(named(list.split(|byte| *byte == 0).filter(|name| !name.is_empty())));
    }
    let no_text = |reason: String| io::Error::new(io::ErrorKind::InvalidData, reason);
    let (encoding, mark) = Encoding::of(&list);
    if encoding != Encoding::Utf8 {
        let text = text::decode(&list).map_err(|error| no_text(error.to_string()))?;
        list = text.into_owned().into_bytes();
    } else if let Some(at) = memchr::memchr(0, &list) {
        return Err(no_text(format!("a NUL byte at byte {at}; names that end in NUL need --null")));
    } else {
        list.drain(..mark);
    }
    let lines = list.split(|byte| *byte == b'\n');
    let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    Ok(named(lines.filter(|name| !name.trim_ascii().is_empty())))
}

fn named<'n>(names: impl Iterator<Item = &'n [u8]>) -> Vec<Input> {
    names.map(|name| Input::Path(OsStr::from_bytes(name).into())).collect()
}

/// The inputs that do not exist, so that a plan can refuse them before anything is read.
pub fn missing(inputs: &[Input]) -> Vec<&Path> {
    let paths = inputs.iter().filter_map(|input| match input {
        Input::Path(path) | Input::Moved { place: path, .. } => Some(path.as_path()),
        Input::Stdin => None,
    });
    paths
        .filter(|path| {
            fs::metadata(path).is_err_and(|error| {
                matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
            })
        })
        .collect()
}

/// The log files of a list of inputs: the inputs in the order given, within a folder in the order
/// of full keys (`/` between the parts, so a folder sorts as its name and a `/`), byte by byte.
///
/// Hidden files are listed and ignore files have no meaning. Links to files are followed, links to
/// folders only if asked for. One folder is sorted at a time, and depth is kept on the heap.
#[derive(Debug)]
pub struct Listing {
    inputs: vec::IntoIter<Input>,
    options: ListOptions,
    open: Vec<Folder>,
    /// Failures that belong before the next entry.
    failed: VecDeque<Listed>,
    links_not_followed: u64,
    /// Files that globs leave out.
    excluded: u64,
    /// Inputs that were begun.
    begun: u64,
}

impl Listing {
    /// Lists `inputs`; nothing is touched before the first item is asked for.
    pub fn new(inputs: Vec<Input>, options: ListOptions) -> Self {
        Self {
            inputs: inputs.into_iter(),
            options,
            open: Vec::new(),
            failed: VecDeque::new(),
            links_not_followed: 0,
            excluded: 0,
            begun: 0,
        }
    }

    /// Links to folders that were met and not entered so far, as following was not asked for.
    pub fn links_not_followed(&self) -> u64 {
        self.links_not_followed
    }

    /// Files that were left out so far because a glob fits them. What lies in a container is not here.
    pub fn excluded(&self) -> u64 {
        self.excluded
    }

    /// Which of the inputs the last item belongs to; the first is 1.
    pub fn input(&self) -> u64 {
        self.begun
    }

    fn next_input(&mut self, input: Input) -> Option<Listed> {
        let (path, name) = match input {
            Input::Path(path) => (path.clone(), path),
            Input::Moved { name, place } => (place, name),
            Input::Stdin => {
                let name = FileName { display: "-".to_owned(), raw_hex: None };
                return Some(Listed::File(ObjectRef { place: Place::Stdin, name, named: true }));
            }
        };
        let name = name.as_os_str().as_bytes().to_vec();
        if self.is_excluded(&name) {
            self.excluded += 1;
            return None;
        }
        match fs::metadata(&path) {
            Err(error) => Some(failed(&name, format!("cannot open it: {error}"))),
            Ok(metadata) if metadata.is_dir() => {
                self.enter(path, root_prefix(&name));
                None
            }
            // Pipes and devices too: who names one wants it read.
            Ok(_) => match self.own_file(&path) {
                Some(own) => written_to(own, &name),
                None => Some(file(path, &name, true)),
            },
        }
    }

    fn next_entry(&mut self) -> Option<Listed> {
        let folder = self.open.last_mut()?;
        let Some((path, name, kind)) = folder.next() else {
            self.open.pop();
            return None;
        };
        if matches!(kind, Kind::Folder | Kind::LinkToFolder) {
            self.next_folder(path, name, kind);
            return None;
        }
        if self.is_excluded(&name) {
            self.excluded += 1;
            return None;
        }
        match kind {
            Kind::Special => Some(failed(&name, "not a regular file".to_owned())),
            Kind::Unreadable => Some(failed(&name, why_unreadable(&path))),
            Kind::MaybeOwn | Kind::LinkToFile => match self.own_file(&path) {
                Some(own) => written_to(own, &name),
                None => Some(file(path, &name, false)),
            },
            _ => Some(file(path, &name, false)),
        }
    }

    fn next_folder(&mut self, path: PathBuf, mut name: Vec<u8>, kind: Kind) {
        if kind == Kind::LinkToFolder && !self.options.follow {
            self.links_not_followed += 1;
        } else {
            name.push(b'/');
            self.enter(path, name);
        }
    }

    /// Opens a folder whose files have names that begin with `prefix`.
    fn enter(&mut self, path: PathBuf, prefix: Vec<u8>) {
        let name = match prefix.strip_suffix(b"/") {
            Some(b"") => b"/".to_vec(),
            Some(name) => name.to_vec(),
            None => b".".to_vec(),
        };
        let identity = match self.identity(&path) {
            Ok(identity) => identity,
            Err(reason) => return self.failed.push_back(failed(&name, reason)),
        };
        let mut broken = None;
        match Folder::open(path, prefix, identity, &self.options.own_files, &mut broken) {
            Ok(folder) => self.open.push(folder),
            Err(error) => broken = Some(error),
        }
        if let Some(error) = broken {
            self.failed.push_back(failed(&name, format!("cannot list it: {error}")));
        }
    }

    /// The identity of a folder, asked for only if links are followed: nothing else loops.
    fn identity(&self, path: &Path) -> Result<Option<FileId>, String> {
        if !self.options.follow {
            return Ok(None);
        }
        let id = FileId::of(path).map_err(|error| format!("cannot list it: {error}"))?;
        if self.open.iter().any(|folder| folder.identity == Some(id)) {
            return Err("a link to a folder it stands in".to_owned());
        }
        Ok(Some(id))
    }

    fn is_excluded(&self, name: &[u8]) -> bool {
        !self.options.exclude.is_empty() && self.options.exclude.is_match(OsStr::from_bytes(name))
    }

    /// The file that this process writes to and that `path` leads to, if it does.
    fn own_file(&self, path: &Path) -> Option<OwnFile> {
        let own = &self.options.own_files;
        let id = if own.is_empty() { None } else { FileId::of(path).ok() }?;
        own.iter().find(|own| own.id == id).copied()
    }
}

impl Iterator for Listing {
    type Item = Listed;

    fn next(&mut self) -> Option<Listed> {
        loop {
            if let Some(failed) = self.failed.pop_front() {
                return Some(failed);
            }
            let found = if self.open.is_empty() {
                let input = self.inputs.next()?;
                self.begun += 1;
                self.next_input(input)
            } else {
                self.next_entry()
            };
            if found.is_some() {
                return found;
            }
        }
    }
}

/// What becomes of a file that this process writes to.
fn written_to(own: OwnFile, name: &[u8]) -> Option<Listed> {
    own.has_older_content.then(|| {
        let reason =
            "not searched: it is the standard output of this command, and had content before";
        failed(name, reason.to_owned())
    })
}

/// What the names of a root's files begin with: the root as given and one `/`; nothing for `.`.
fn root_prefix(root: &[u8]) -> Vec<u8> {
    let end = root.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
    if &root[..end] == b"." {
        return Vec::new();
    }
    let mut prefix = root[..end].to_vec();
    prefix.push(b'/');
    prefix
}

fn why_unreadable(path: &Path) -> String {
    match fs::metadata(path) {
        Err(error) => format!("cannot open it: {error}"),
        Ok(_) => "it changed while it was listed".to_owned(),
    }
}

fn file(path: PathBuf, name: &[u8], named: bool) -> Listed {
    Listed::File(ObjectRef { place: Place::Path(path), name: FileName::of(name), named })
}

fn failed(name: &[u8], reason: String) -> Listed {
    Listed::Failed { name: FileName::of(name), reason }
}

#[cfg(test)]
mod tests;
