//! Which file a path leads to, whatever its spelling.
//!
//! Paths cannot tell whether two names mean one file: links, hard links, `..` and mounts hide it. The
//! identity of a file does not depend on its path. A file that does not exist yet is identified by the
//! folder that it will be in and its name there.

use std::{
    ffi::OsString,
    fs::{self, DirEntry, File, Metadata},
    io,
    os::unix::fs::{DirEntryExt, MetadataExt},
    path::{Component, Path, PathBuf},
};

/// Links followed from a name that leads nowhere, as many as Linux follows.
const LINKS: usize = 40;

/// The identity of a file or folder: two paths with equal ids lead to the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileId {
    /// The file system.
    volume: u64,
    /// The file in it.
    file: u64,
}

impl FileId {
    /// The id of what `path` leads to. Links are followed.
    pub fn of(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|found| Self::from_metadata(&found))
    }

    /// The id of what `path` names; a link is itself.
    pub fn of_link(path: &Path) -> io::Result<Self> {
        fs::symlink_metadata(path).map(|found| Self::from_metadata(&found))
    }

    /// The id of an open file.
    pub fn of_open(file: &File) -> io::Result<Self> {
        file.metadata().map(|found| Self::from_metadata(&found))
    }

    /// Device and inode. Windows keeps its file id in the handle, so it would be asked for there.
    fn from_metadata(found: &Metadata) -> Self {
        Self { volume: found.dev(), file: found.ino() }
    }

    /// Whether an entry of a folder can be this file, as far as the folder alone tells: no file is
    /// looked at. Where it can, [`FileId::of_link`] decides.
    pub fn may_be(self, entry: &DirEntry) -> bool {
        entry.ino() == self.file
    }
}

/// A place in the file system: an existing file or folder, or where one can be created.
#[derive(Debug, Clone)]
pub struct Place {
    /// The place itself if it exists, then the folders it is in, from the innermost to the root.
    existing: Vec<FileId>,
    /// The names that do not exist yet, below the first of `existing`.
    missing: Vec<OsString>,
}

impl Place {
    /// Finds the place that `path` leads to. Links are followed, also those that lead nowhere yet.
    pub fn of(path: &Path) -> io::Result<Self> {
        let mut path = if path.as_os_str().is_empty() { PathBuf::from(".") } else { path.into() };
        let mut missing: Vec<OsString> = Vec::new();
        let mut parents = 0;
        let mut links = 0;
        loop {
            match canonical(&path) {
                Ok(found) => {
                    // A folder that does not exist yet and is left again by `..`.
                    let above = found.ancestors().skip(parents);
                    let existing = above.map(FileId::of).collect::<io::Result<_>>()?;
                    missing.reverse();
                    return Ok(Self { existing, missing });
                }
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Err(error) => {
                    if let Ok(target) = fs::read_link(&path) {
                        links += 1;
                        if links > LINKS {
                            return Err(io::Error::other("too many links"));
                        }
                        path.pop();
                        path.push(target);
                        continue;
                    }
                    match path.components().next_back() {
                        Some(Component::Normal(_)) if parents > 0 => parents -= 1,
                        Some(Component::Normal(name)) => missing.push(name.to_owned()),
                        Some(Component::ParentDir) => parents += 1,
                        _ => return Err(error),
                    }
                    path.pop();
                    if path.as_os_str().is_empty() {
                        path.push(".");
                    }
                }
            }
        }
    }

    /// Whether there is something already.
    pub fn exists(&self) -> bool {
        self.missing.is_empty()
    }

    /// Whether it is that existing file or folder.
    pub fn is(&self, id: FileId) -> bool {
        self.missing.is_empty() && self.existing.first() == Some(&id)
    }

    /// Whether both are one place.
    pub fn is_same(&self, other: &Self) -> bool {
        self.existing.first() == other.existing.first() && self.missing == other.missing
    }

    /// Whether it is that existing folder or lies in it, at any depth.
    pub fn is_in(&self, folder: FileId) -> bool {
        self.existing.contains(&folder)
    }

    /// Whether it is the other place or lies in it, at any depth.
    pub fn is_within(&self, folder: &Self) -> bool {
        match folder.existing.first() {
            Some(id) if folder.missing.is_empty() => self.is_in(*id),
            first => self.existing.first() == first && self.missing.starts_with(&folder.missing),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the path is compared and never shown")]
fn canonical(path: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(path)
}

/// A standard stream that is a regular file, because the shell redirected it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandardStream {
    /// The file.
    pub id: FileId,
    /// It had content when it was looked at.
    pub has_content: bool,
}

impl StandardStream {
    /// Standard input, if it is a regular file.
    pub fn input() -> Option<Self> {
        Self::of(&io::stdin())
    }

    /// Standard output, if it is a regular file.
    pub fn output() -> Option<Self> {
        Self::of(&io::stdout())
    }

    /// Standard error, if it is a regular file.
    pub fn error() -> Option<Self> {
        Self::of(&io::stderr())
    }

    fn of(stream: &impl std::os::fd::AsFd) -> Option<Self> {
        let file = File::from(stream.as_fd().try_clone_to_owned().ok()?);
        let found = file.metadata().ok()?;
        let id = FileId::from_metadata(&found);
        found.is_file().then_some(Self { id, has_content: found.len() > 0 })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use std::os::unix::fs::symlink;

    use super::*;

    /// A folder with `logs/a.json`, `logs/sub` and links to them.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("logs/sub")).unwrap();
        fs::create_dir(at("elsewhere")).unwrap();
        fs::write(at("logs/a.json"), "a").unwrap();
        fs::hard_link(at("logs/a.json"), at("hard.json")).unwrap();
        symlink("logs/a.json", at("soft.json")).unwrap();
        symlink("logs", at("link")).unwrap();
        symlink("logs/new.json", at("dangling")).unwrap();
        folder
    }

    #[test]
    fn every_spelling_of_a_file_has_its_place() {
        let folder = folder();
        let place = |name: &str| Place::of(&folder.path().join(name)).unwrap();
        let id = FileId::of(&folder.path().join("logs/a.json")).unwrap();
        for name in [
            "logs/a.json",
            "logs/./a.json",
            "logs/sub/../a.json",
            "link/a.json",
            "link/sub/../a.json",
            "hard.json",
            "soft.json",
        ] {
            assert!(place(name).is(id), "{name}");
            assert!(place(name).is_same(&place("logs/a.json")), "{name}");
        }
        assert!(!place("logs/b.json").is(id));
    }

    #[test]
    fn a_file_that_does_not_exist_is_its_folder_and_name() {
        let folder = folder();
        let place = |name: &str| Place::of(&folder.path().join(name)).unwrap();
        for name in ["logs/new.json", "link/new.json", "logs/no/../new.json", "dangling"] {
            assert!(place(name).is_same(&place("logs/new.json")), "{name}");
        }
        assert!(!place("logs/new.json").is_same(&place("elsewhere/new.json")));
        assert!(!place("logs/new.json").is_same(&place("logs/no/new.json")));
        assert!(place("no/deep").is_same(&place("no/such/../deep")));
    }

    #[test]
    fn what_lies_in_a_folder_does_so_by_any_path() {
        let folder = folder();
        let place = |name: &str| Place::of(&folder.path().join(name)).unwrap();
        let logs = FileId::of(&folder.path().join("logs")).unwrap();
        for name in ["logs/x", "logs/no/such/x", "link/x", "logs", "soft.json", "dangling"] {
            assert!(place(name).is_in(logs), "{name}");
        }
        for name in ["x", "elsewhere/x", "logs/../x", "hard.json"] {
            assert!(!place(name).is_in(logs), "{name}");
        }
        assert!(place("run/found").is_within(&place("run")));
        assert!(place("run").is_within(&place("run")));
        assert!(!place("running").is_within(&place("run")));
        assert!(place("logs/x").is_within(&place("logs")));
    }

    #[test]
    fn links_in_a_circle_and_files_as_folders_are_errors() {
        let folder = folder();
        symlink("round", folder.path().join("round")).unwrap();
        for name in ["round", "logs/a.json/x"] {
            assert!(Place::of(&folder.path().join(name)).is_err(), "{name}");
        }
    }
}
