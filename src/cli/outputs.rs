//! No output is an input: what a command writes is compared with all that it names or reads, and with
//! each other, before anything is created.
//!
//! Files are compared by identity, so the spelling of a path, links and hard links do not matter.

use std::{
    fs, io,
    os::unix::fs::FileTypeExt,
    path::{Component, Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use backtrail::{
    archive::{Input, ListOptions, Listed, Listing, OwnFile, Place as Found},
    platform::{FileId, Place, StandardStream},
    sink::Destination,
};

/// Everything a command is going to write.
pub(super) struct Outputs {
    outputs: Vec<Output>,
}

/// One output.
struct Output {
    /// The option and the path, as messages show it.
    name: String,
    path: PathBuf,
    target: Target,
}

enum Target {
    /// A file, a pipe or a block device that is open already, or is written through.
    Open {
        id: FileId,
        /// What a walk does with it, unless it is one of the standard streams.
        own: Option<OwnFile>,
        /// It has content already, so that it may be one of the files that a walk finds.
        has_content: bool,
    },
    File {
        place: Place,
        partial: Place,
        /// It exists and has content.
        exists: bool,
    },
    Folder {
        place: Place,
        /// It exists and is not empty, so that inputs may lie in it.
        holds_files: bool,
    },
}

impl Outputs {
    /// Standard output and standard error, where the shell redirected them to files.
    pub(super) fn standard() -> Self {
        let streams = [
            ("standard output", StandardStream::output()),
            ("standard error", StandardStream::error()),
        ];
        let outputs = streams.into_iter().filter_map(|(name, stream)| {
            let StandardStream { id, has_content } = stream?;
            let target = Target::Open { id, own: None, has_content };
            Some(Output { name: name.to_owned(), path: PathBuf::new(), target })
        });
        Self { outputs: outputs.collect() }
    }

    /// Adds the file of `option`, if it was given. Pipes, devices and descriptors are no files.
    pub(super) fn file(&mut self, option: &str, path: Option<&Path>) -> Result<()> {
        let Some(path) = path else { return Ok(()) };
        let name = format!("{option} {}", path.display());
        let target = match Destination::of(path).with_context(|| name.clone())? {
            Destination::Stdout => return Ok(()),
            Destination::Through(place) => match written_through(&place) {
                Some(target) => target,
                None => return Ok(()),
            },
            Destination::File { place, partial } => Target::File {
                exists: fs::metadata(&place).is_ok_and(|found| found.len() > 0),
                place: Place::of(&place).with_context(|| name.clone())?,
                partial: Place::of(&partial).with_context(|| name.clone())?,
            },
        };
        self.add(Output { name, path: path.to_owned(), target })
    }

    /// Whether nothing is written, so that nothing has to be compared.
    pub(super) fn is_empty(&self) -> bool {
        self.outputs.is_empty()
    }

    /// The files that are written through descriptors, for walks to leave out.
    pub(super) fn descriptors(&self) -> impl Iterator<Item = OwnFile> {
        self.outputs.iter().filter_map(|output| match output.target {
            Target::Open { own, .. } => own,
            _ => None,
        })
    }

    /// Adds a file that is written in place, without a partial file beside it.
    pub(super) fn in_place(&mut self, name: String, path: &Path) -> Result<()> {
        let place = Place::of(path).with_context(|| name.clone())?;
        let target = Target::File { partial: place.clone(), place, exists: false };
        self.add(Output { name, path: path.to_owned(), target })
    }

    /// Adds the folder of `option`, if it was given: everything in it may be written.
    pub(super) fn folder(&mut self, option: &str, path: Option<&Path>) -> Result<()> {
        let Some(path) = path else { return Ok(()) };
        let name = format!("{option} {}", path.display()).trim_start().to_owned();
        // With a slash at its end the path would lead to what the link does.
        let itself: PathBuf = path.components().collect();
        ensure!(
            !itself.is_symlink(),
            "{name} is a symbolic link; name the folder that it leads to"
        );
        let place = Place::of(path).with_context(|| name.clone())?;
        let target = Target::Folder { place, holds_files: holds_files(path) };
        self.add(Output { name, path: path.to_owned(), target })
    }

    /// Two outputs that are the same, or of which one lies in the other, are refused.
    fn add(&mut self, new: Output) -> Result<()> {
        for old in &self.outputs {
            let meet = match (&old.target, &new.target) {
                (Target::Open { id, .. }, other) | (other, Target::Open { id, .. }) => {
                    other.is(*id)
                }
                (Target::Folder { place, .. }, other) | (other, Target::Folder { place, .. }) => {
                    other.places().any(|other| other.is_within(place))
                }
                (one, other) => one.places().any(|one| other.places().any(|it| it.is_same(one))),
            };
            if meet {
                bail!("{} and {} write to the same place", old.name, new.name);
            }
        }
        self.outputs.push(new);
        Ok(())
    }

    /// Refuses inputs that are written to, and outputs in a folder that is searched.
    pub(super) fn inputs(&self, inputs: &[Input]) -> Result<()> {
        for input in inputs {
            match input {
                Input::Path(path) | Input::Moved { place: path, .. } => {
                    self.read(&format!("the input {}", path.display()), path, true)?;
                }
                Input::Stdin => self.standard_input("standard input")?,
            }
        }
        Ok(())
    }

    /// Refuses that standard input is written to.
    pub(super) fn standard_input(&self, what: &str) -> Result<()> {
        let Some(stdin) = StandardStream::input() else { return Ok(()) };
        match self.outputs.iter().find(|output| output.target.is(stdin.id)) {
            Some(output) => bail!("{} is the same file as {what}", output.name),
            None => Ok(()),
        }
    }

    /// Refuses that the file at `path` is written to. Outputs in a folder that is not searched are no
    /// concern.
    pub(super) fn file_read(&self, what: &str, path: &Path) -> Result<()> {
        self.read(&format!("{what} {}", path.display()), path, false)
    }

    fn read(&self, what: &str, path: &Path, searched: bool) -> Result<()> {
        if self.outputs.is_empty() {
            return Ok(());
        }
        // A list may name what is not there, such as the output of this very command.
        let Ok(id) = FileId::of(path) else { return self.missing(what, path) };
        // Lists may be long, and nearly no name in them has to do with an output.
        if !self.outputs.iter().any(|output| output.target.may_meet(id)) {
            return Ok(());
        }
        let found = fs::metadata(path).with_context(|| what.to_owned())?;
        if found.file_type().is_char_device() {
            return Ok(());
        }
        for output in &self.outputs {
            let name = &output.name;
            if found.is_dir() {
                let lies_in = searched && output.target.places().any(|place| place.is_in(id));
                ensure!(
                    !lies_in,
                    "{name} lies in {}, which is searched; {}",
                    path.display(),
                    place_outside(&output.path, path, id)
                );
            } else if let Target::File { partial, place, .. } = &output.target
                && partial.is(id)
                && !place.is(id)
            {
                bail!(
                    "{name} is written to {0}.partial first, which is {what}",
                    output.path.display()
                );
            } else if output.target.is(id) {
                bail!("{name} and {what} are the same file; write to another one");
            } else if let Target::Folder { place: folder, holds_files: true } = &output.target
                && Place::of(path).is_ok_and(|place| place.is_within(folder))
            {
                bail!("{what} lies in {name}, which is written; write to another folder");
            }
        }
        Ok(())
    }

    fn missing(&self, what: &str, path: &Path) -> Result<()> {
        let Ok(missing) = Place::of(path) else { return Ok(()) };
        let meets = |output: &&Output| match &output.target {
            Target::Folder { place, .. } => missing.is_within(place),
            target => target.places().any(|place| place.is_same(&missing)),
        };
        match self.outputs.iter().find(meets) {
            Some(output) => {
                bail!("{} and {what} are the same file; write to another one", output.name)
            }
            None => Ok(()),
        }
    }

    /// Refuses that an output replaces a file which a walk through the inputs finds, by a link or under
    /// another name, or adds to one. Only needed if an output has content, or if links to folders are
    /// followed.
    pub(super) fn found(&self, inputs: &[Input], listing: &ListOptions) -> Result<()> {
        let replaced: Vec<_> = self
            .outputs
            .iter()
            .filter(|output| match &output.target {
                Target::File { place, .. } => place.exists(),
                Target::Open { has_content, .. } => *has_content,
                Target::Folder { .. } => false,
            })
            .collect();
        let walks = listing.follow && self.outputs.iter().any(|output| !output.is_open());
        if replaced.is_empty() && !walks {
            return Ok(());
        }
        let mut last_folder = PathBuf::new();
        let listing = ListOptions { own_files: Vec::new(), ..listing.clone() };
        for listed in Listing::new(inputs.to_vec(), listing.clone()) {
            let Listed::File(file) = listed else { continue };
            let Found::Path(path) = &file.place else { continue };
            if let Ok(id) = FileId::of(path)
                && let Some(output) = replaced.iter().find(|output| output.target.is(id))
            {
                bail!(
                    "{} and {}, which is searched, are the same file; write to another one",
                    output.name,
                    path.display()
                );
            }
            let folder = path.parent().unwrap_or(Path::new(""));
            if listing.follow && folder != last_folder {
                self.followed(folder)?;
                folder.clone_into(&mut last_folder);
            }
        }
        Ok(())
    }

    /// Refuses outputs in a folder that the walk entered through a link.
    fn followed(&self, folder: &Path) -> Result<()> {
        let Ok(id) = FileId::of(folder) else { return Ok(()) };
        for output in &self.outputs {
            ensure!(
                !output.target.places().any(|place| place.is_in(id)),
                "{} lies in {}, which is searched through a link; write it elsewhere",
                output.name,
                folder.display()
            );
        }
        Ok(())
    }

    /// Refuses to replace files that have content.
    pub(super) fn refuse_existing(&self) -> Result<()> {
        for output in &self.outputs {
            if let Target::File { exists: true, .. } = output.target {
                bail!("{} exists and is not empty; --force replaces it", output.name);
            }
        }
        Ok(())
    }
}

impl Output {
    fn is_open(&self) -> bool {
        matches!(self.target, Target::Open { .. })
    }
}

impl Target {
    fn is(&self, id: FileId) -> bool {
        match self {
            Self::Open { id: open, .. } => *open == id,
            _ => self.places().any(|place| place.is(id)),
        }
    }

    /// Whether an input with that id, or what lies in it, can be written to.
    fn may_meet(&self, id: FileId) -> bool {
        matches!(self, Self::Folder { holds_files: true, .. })
            || self.is(id)
            || self.places().any(|place| place.is_in(id))
    }

    fn places(&self) -> impl Iterator<Item = &Place> {
        let places = match self {
            Self::Open { .. } => [None, None],
            Self::File { place, partial, .. } => [Some(place), Some(partial)],
            Self::Folder { place, .. } => [Some(place), None],
        };
        places.into_iter().flatten()
    }
}

/// Where an output may go instead, outside of the searched folder.
fn place_outside(output: &Path, folder: &Path, id: FileId) -> String {
    let Some(name) = output.file_name() else { return "write it elsewhere".to_owned() };
    let outside = match folder.components().next_back() {
        Some(Component::Normal(_)) => folder.with_file_name(name),
        Some(Component::CurDir) | None => Path::new("..").join(name),
        Some(Component::ParentDir) => folder.join("..").join(name),
        _ => return "write it to another file system".to_owned(),
    };
    match Place::of(&outside) {
        Ok(place) if !place.is_in(id) => format!("write it to {}", outside.display()),
        _ => "write it elsewhere".to_owned(),
    }
}

#[expect(clippy::disallowed_methods, reason = "the folder is written to")]
fn holds_files(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

/// The identity of what is written through, unless it is a terminal or a device that keeps nothing.
fn written_through(place: &Path) -> Option<Target> {
    let found = fs::metadata(place).ok()?;
    if found.file_type().is_char_device() {
        return None;
    }
    let id = FileId::of(place).ok()?;
    let has_content = found.is_file() && found.len() > 0;
    let own = found.is_file().then_some(OwnFile { id, has_older_content: has_content });
    Some(Target::Open { id, own, has_content })
}

/// What cannot be found out about an output is an error of that output.
pub(super) fn is_not_empty(path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(found) => Ok(found.len() > 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
