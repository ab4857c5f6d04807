//! The folder of a catalogue: written only where nothing is lost, and without pages of earlier rules.
//!
//! `.backtrail-catalog` in it says that it is a catalogue and which files it has. Only files with names
//! such as a catalogue has are ever taken away, and only if that list names them.

use std::{
    collections::HashSet,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use backtrail::{catalog::File, platform};

/// What says that a folder is a catalogue.
const MARK: &str = ".backtrail-catalog";
const HEAD: &str = "The files of a catalogue that backtrail wrote";

/// A folder being written.
pub(super) struct Folder {
    path: PathBuf,
    /// The files of the catalogue that was here before.
    before: Vec<String>,
    written: HashSet<String>,
    folders: HashSet<PathBuf>,
}

impl Folder {
    /// Makes the folder, if need be. One that holds anything but an earlier catalogue is left alone,
    /// unless `force`.
    pub(super) fn open(path: &Path, force: bool) -> Result<Self> {
        let before = listed(path)?;
        if before.is_none() && !force && !is_free(path)? {
            bail!(
                "{} is not empty and holds no catalog: name another folder, or use --force to write into it",
                path.display()
            );
        }
        let before = before.unwrap_or_default();
        let folder = Self {
            path: path.to_owned(),
            before,
            written: HashSet::new(),
            folders: HashSet::new(),
        };
        fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))?;
        // If the rest fails, the folder can still be written again.
        folder.mark(&folder.before)?;
        Ok(folder)
    }

    /// Writes a file.
    pub(super) fn write(&mut self, file: &File) -> Result<()> {
        let path = self.path.join(&file.path);
        let below = Path::new(&file.path).parent().unwrap_or(Path::new(""));
        if self.folders.insert(below.to_owned()) {
            platform::subfolder(&self.path, below)
                .with_context(|| format!("cannot write to {}", self.path.display()))?;
        }
        platform::create_new(&path, &file.bytes)
            .with_context(|| format!("cannot write {}", path.display()))?;
        self.written.insert(file.path.clone());
        Ok(())
    }

    /// Takes away what was there before and is no more. Gives the number of files written.
    pub(super) fn finish(self) -> Result<usize> {
        for name in self.before.iter().filter(|name| !self.written.contains(*name)) {
            let path = self.path.join(name);
            // A folder that is a link now holds no pages of ours.
            let parent = path.parent().filter(|_| name.contains('/'));
            if parent.is_some_and(Path::is_symlink) {
                continue;
            }
            // Whoever deleted it already did the same.
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(error)
                        .with_context(|| format!("cannot take away {}", path.display()));
                }
                _ => {}
            }
        }
        let mut written: Vec<String> = self.written.iter().cloned().collect();
        written.sort();
        self.mark(&written)?;
        Ok(written.len())
    }

    fn mark(&self, names: &[String]) -> Result<()> {
        let path = self.path.join(MARK);
        let lines = [&[HEAD.to_owned()], names].concat();
        platform::create_new(&path, (lines.join("\n") + "\n").as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

/// The files that an earlier catalogue has there; `None` if there is none.
fn listed(path: &Path) -> Result<Option<Vec<String>>> {
    let mark = path.join(MARK);
    let mut text = String::new();
    let read = platform::open_below(path, Path::new(MARK))
        .and_then(|mut file| file.read_to_string(&mut text));
    match read {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        // A file where the folder should be is told below.
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", mark.display())),
    }
    let mut lines = text.lines();
    if lines.next() != Some(HEAD) {
        return Ok(None);
    }
    Ok(Some(lines.filter(|name| is_ours(name)).map(str::to_owned).collect()))
}

/// Whether a catalogue could have a file of that name.
fn is_ours(name: &str) -> bool {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let Some((stem, ending)) = file.split_once('.') else { return false };
    matches!(folder, "" | "rules" | "assets")
        && !stem.is_empty()
        && stem.bytes().all(plain)
        && matches!(ending, "html" | "css" | "js" | "md" | "json")
}

/// Whether there is nothing at that place yet.
#[expect(clippy::disallowed_methods, reason = "whether the folder to write is empty")]
fn is_free(path: &Path) -> Result<bool> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error).with_context(|| format!("cannot write to {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn only_names_of_a_catalogue_are_ours() {
        for name in ["index.html", "rules/a-b-1.html", "assets/catalog.js", "catalog.json"] {
            assert!(is_ours(name), "{name}");
        }
        for name in
            ["../x.html", "/etc/x.md", "rules/../x.html", "a/b.html", "X.html", ".html", "x", ""]
        {
            assert!(!is_ours(name), "{name}");
        }
    }
}
