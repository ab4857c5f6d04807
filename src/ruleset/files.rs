//! Rule files as bytes: which ones, in which order, and whether they are text at all.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};

use super::{RuleSetError, RuleSource};
use crate::{
    rule::{Diagnostic, Span},
    sigma,
    text::{self, Encoding, hex, io_reason},
};

/// The rules built into the program.
static BUILTIN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/rules");

/// What the names of built-in rule files begin with.
const BUILTIN_PREFIX: &str = "builtin:";

/// A rule file over this many bytes is refused unread.
const MAX_BYTES: u64 = 1 << 20;

/// A file that was read.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) name: String,
    /// Its text; UTF-16 has been decoded, and what is not UTF-8 replaced.
    pub(super) text: Arc<str>,
    /// SHA-256 of its bytes; of a file that is too big, of those that were read.
    pub(super) sha256: String,
    /// Its bytes, if the text is not all they say.
    pub(super) raw: Option<Arc<[u8]>>,
    /// Why it cannot be parsed at all.
    pub(super) problem: Option<Diagnostic>,
}

impl Read {
    /// Whether it may hold a Sigma document. What cannot be read may.
    pub(super) fn may_be_sigma(&self) -> bool {
        match (&self.problem, &self.raw) {
            (Some(problem), Some(raw)) if problem.code == "file-too-big" => {
                sigma::may_be_sigma(&String::from_utf8_lossy(raw))
            }
            (Some(_), _) if self.text.is_empty() => true,
            _ => sigma::may_be_sigma(&self.text),
        }
    }
}

/// The files of one source.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// The files, in order.
    pub(super) files: Vec<Read>,
    /// They were found in a folder, and not named themselves.
    pub(super) folder: bool,
    /// Hidden folders and YAML files that were left out.
    pub(super) hidden: usize,
}

/// Reads the files of one source.
pub(super) fn read(source: &RuleSource) -> Result<Source, RuleSetError> {
    let named = |files| Source { files, ..Source::default() };
    match source {
        RuleSource::Builtin => Ok(named(builtin())),
        RuleSource::Copy { path, name } => {
            let bytes =
                bytes(path).map_err(|source| RuleSetError::Read { path: path.clone(), source })?;
            Ok(named(vec![decode(name.clone(), &bytes)]))
        }
        RuleSource::Path(path) => {
            let about = |source| RuleSetError::Read { path: path.clone(), source };
            if !fs::metadata(path).map_err(about)?.is_dir() {
                return Ok(named(vec![file(path)?]));
            }
            let (paths, hidden) = walk(path)?;
            if paths.is_empty() {
                return Err(RuleSetError::Empty { path: path.clone() });
            }
            let files =
                paths.iter().map(|path| file(path).unwrap_or_else(|error| unread(path, &error)));
            Ok(Source { files: files.collect(), folder: true, hidden })
        }
    }
}

impl RuleSource {
    /// The files on disk that are read from here, in order.
    pub fn files(&self) -> Result<Vec<PathBuf>, RuleSetError> {
        match self {
            Self::Builtin => Ok(Vec::new()),
            Self::Path(path) if path.is_dir() => Ok(walk(path)?.0),
            Self::Path(path) | Self::Copy { path, .. } => Ok(vec![path.clone()]),
        }
    }
}

/// SHA-256 of the rule file of that name as it is now: built in, or relative to `folder`. None if
/// it cannot be read.
pub fn sha256_now(name: &str, folder: &Path) -> Option<String> {
    let hash = |bytes: &[u8]| hex(&Sha256::digest(bytes));
    match name.strip_prefix(BUILTIN_PREFIX) {
        Some(name) => BUILTIN.get_file(name).map(|file| hash(file.contents())),
        None => bytes(&folder.join(name)).ok().map(|bytes| hash(&bytes)),
    }
}

/// Whether a file found in a folder is a rule file. `.YML` counts too: leaving it out would lose
/// its rules without a word.
fn is_rule_name(name: &str) -> bool {
    // `.yml` alone is such a name too, which `Path::extension` would not say.
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| {
        ending.eq_ignore_ascii_case("yml") || ending.eq_ignore_ascii_case("yaml")
    })
}

fn builtin() -> Vec<Read> {
    let mut folders = vec![&BUILTIN];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        files.extend(
            folder.files().map(|file| (file.path().to_string_lossy().replace('\\', "/"), file)),
        );
    }
    files.retain(|(name, _)| is_rule_name(name));
    files.sort_by(|a, b| a.0.cmp(&b.0));
    files
        .iter()
        .map(|(name, file)| decode(format!("{BUILTIN_PREFIX}{name}"), file.contents()))
        .collect()
}

/// The rule files of a folder and the folders in it, in the order of their full names, and how many
/// hidden folders and YAML files were left out: `.git`, `.github`, settings of tools. Links to files
/// are followed, links to folders are not: so there are no loops.
#[expect(clippy::disallowed_methods, reason = "rule folders are listed here")]
fn walk(top: &Path) -> Result<(Vec<PathBuf>, usize), RuleSetError> {
    let mut folders = vec![top.to_owned()];
    let mut files = Vec::new();
    let mut hidden = 0;
    while let Some(folder) = folders.pop() {
        let about = |source| RuleSetError::Read { path: folder.clone(), source };
        for entry in fs::read_dir(&folder).map_err(about)? {
            let entry = entry.map_err(about)?;
            let path = entry.path();
            let name = entry.file_name();
            let is_folder = entry.file_type().map_err(about)?.is_dir();
            if !is_folder && !is_rule_name(&name.to_string_lossy()) {
                continue;
            }
            if name.as_encoded_bytes().starts_with(b".") {
                hidden += 1;
            } else if is_folder {
                folders.push(path);
            } else if fs::metadata(&path).map_or(true, |found| found.is_file()) {
                // A link that leads nowhere is told when it cannot be read.
                files.push(path);
            }
        }
    }
    // Bytes with their separators, so that a folder sorts as its name and a slash.
    files.sort_by(|a, b| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
    Ok((files, hidden))
}

fn file(path: &Path) -> Result<Read, RuleSetError> {
    let bytes =
        bytes(path).map_err(|source| RuleSetError::Read { path: path.to_owned(), source })?;
    Ok(decode(path.to_string_lossy().into_owned(), &bytes))
}

/// A file of a folder that cannot be read. It may have been a rule.
fn unread(path: &Path, error: &RuleSetError) -> Read {
    let reason = match error {
        RuleSetError::Read { source, .. } => io_reason(source),
        other => other.to_string(),
    };
    let name = path.to_string_lossy().into_owned();
    let problem = Diagnostic::error(
        "unreadable-file",
        Span::default(),
        format!("this file cannot be read: {reason}"),
    );
    let sha256 = hex(&Sha256::digest(name.as_bytes()));
    Read { name, text: Arc::from(""), sha256, raw: None, problem: Some(problem) }
}

/// The bytes of a file, but not many more than are allowed: it may be a device.
#[expect(clippy::disallowed_methods, reason = "rule files are read here")]
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn decode(name: String, bytes: &[u8]) -> Read {
    let sha256 = hex(&Sha256::digest(bytes));
    if bytes.len() as u64 > MAX_BYTES {
        let message = format!("a rule file may have {MAX_BYTES} bytes, this one has more");
        let problem = Diagnostic::error("file-too-big", Span::default(), message)
            .help("split it, one rule a file");
        let raw = Some(Arc::from(bytes));
        return Read { name, text: Arc::from(""), sha256, raw, problem: Some(problem) };
    }
    if Encoding::of(bytes).0 != Encoding::Utf8 {
        let (text, problem) = match text::decode(bytes) {
            Ok(text) => (Arc::from(text), None),
            Err(error) => {
                let problem = Diagnostic::error("not-utf8", Span::default(), error.to_string())
                    .help("save the file as UTF-8");
                (Arc::from(""), Some(problem))
            }
        };
        return Read { name, text, sha256, raw: Some(Arc::from(bytes)), problem };
    }
    // A byte order mark stays: places in the text are places in the file.
    match std::str::from_utf8(bytes) {
        Ok(text) => Read { name, text: Arc::from(text), sha256, raw: None, problem: None },
        Err(error) => {
            let text: Arc<str> = Arc::from(String::from_utf8_lossy(bytes));
            let start = error.valid_up_to();
            let span = Span::new(start, start + char::REPLACEMENT_CHARACTER.len_utf8());
            let problem =
                Diagnostic::error("not-utf8", span, "this file is not UTF-8 from here on")
                    .help("save the file as UTF-8");
            Read { name, text, sha256, raw: Some(Arc::from(bytes)), problem: Some(problem) }
        }
    }
}
