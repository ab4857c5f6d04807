//! Writes a run bundle, part by part; the manifest last.
//!
//! Rules and keys are written before the hunt begins, as they may change while it runs.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, BufReader, Write},
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{
    error::BundleError,
    parts::{
        BundledHunt, COVERAGE, FINDINGS, MANIFEST, Manifest, OPTIONS, OptionsPart, PartSealed,
        RULES, RuleOrigin, RulePart, VERSION,
    },
    tee::{TeeFormat, TeeSink},
};
use crate::{
    coverage::{Coverage, Tool},
    platform,
    ruleset::RuleSet,
    sink::{self, Format, FormatKind, Output, Sink, TableStyle},
    text::escape,
};

/// Characters of a rule file's name that are kept in the name of its part.
const KEPT: usize = 60;

/// A run bundle that is being written.
#[derive(Debug)]
pub struct BundleWriter {
    folder: PathBuf,
    parts: Vec<String>,
    keys: Vec<String>,
}

/// The format and sink of a hunt whose findings also go to a bundle.
pub struct BundleOutput {
    /// Renders findings.
    pub format: Box<dyn Format>,
    /// Takes them.
    pub sink: Box<dyn Sink>,
}

impl BundleWriter {
    /// Begins a bundle in a folder that does not exist or is empty, with the rules and keys of the
    /// hunt. If the hunt `resumed` is resumed, its folder may hold what it wrote before.
    pub fn create<'k>(
        folder: &Path,
        rules: &RuleSet,
        keys: impl IntoIterator<Item = &'k [u8]>,
        resumed: Option<&BundledHunt>,
    ) -> Result<Self, BundleError> {
        let failed = |source| BundleError::Write { path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        if !is_empty(folder).map_err(failed)? {
            if !resumed.is_some_and(|hunt| is_own(folder, hunt)) {
                return Err(BundleError::NotEmpty { folder: folder.to_owned() });
            }
            if let Some(path) = not_plain(folder).map_err(failed)? {
                return Err(BundleError::NotPlain { path });
            }
            // From here on the bundle is incomplete again.
            match fs::remove_file(folder.join(MANIFEST)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
                _ => {}
            }
        }
        let mut writer = Self { folder: folder.to_owned(), parts: Vec::new(), keys: Vec::new() };
        writer.rules(rules)?;
        for (number, key) in keys.into_iter().enumerate() {
            let part = format!("keys/{:04}.json", number + 1);
            writer.copy(&part, key)?;
            writer.keys.push(part);
        }
        Ok(writer)
    }

    /// The folder of the bundle.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The format and sink of a hunt that writes its findings as `shown` to `sink`, and all of them to
    /// the bundle.
    pub fn output(
        &mut self,
        shown: FormatKind,
        style: TableStyle,
        sink: Box<dyn Sink>,
    ) -> Result<BundleOutput, BundleError> {
        self.parts.push(FINDINGS.to_owned());
        let bundled = Box::new(self.create_part(FINDINGS)?);
        let ndjson = sink::format(FormatKind::Ndjson, style);
        let two_texts = shown != FormatKind::Ndjson;
        let format: Box<dyn Format> = if two_texts {
            Box::new(TeeFormat { shown: sink::format(shown, style), bundled: ndjson })
        } else {
            ndjson
        };
        Ok(BundleOutput { format, sink: Box::new(TeeSink { shown: sink, bundled, two_texts }) })
    }

    /// Completes the bundle of a hunt that completed. Returns the SHA-256 of the manifest.
    pub fn finish(mut self, hunt: BundledHunt, coverage: &Coverage) -> Result<String, BundleError> {
        self.part(COVERAGE, |out| coverage.write_json(out))?;
        let options = OptionsPart {
            tool: Tool::default(),
            started: coverage.started.clone(),
            finished: coverage.finished.clone(),
            hunt,
            keys: std::mem::take(&mut self.keys),
        };
        self.json(OPTIONS, &options)?;
        let failed = |part: &str, source| {
            let path = self.folder.join(part);
            BundleError::Read { path, source }
        };
        // The manifest must not be there after a power failure if a part is not.
        let mut parts = Vec::with_capacity(self.parts.len());
        let mut folders = BTreeSet::from([Path::new("")]);
        for part in &self.parts {
            let sealed = PartSealed::of_synced(&self.folder, part);
            parts.push(sealed.map_err(|source| failed(part, source))?);
            folders.extend(Path::new(part).parent());
        }
        for folder in folders {
            let path = self.folder.join(folder);
            platform::sync_folder(&path).map_err(|source| BundleError::Write { path, source })?;
        }
        self.json(MANIFEST, &Manifest { version: VERSION, tool: Tool::default(), parts })?;
        // The folder may be new in its own folder.
        let own = self.folder.parent().unwrap_or(&self.folder).to_owned();
        platform::sync_folder(&own)
            .map_err(|source| BundleError::Write { path: own.clone(), source })?;
        let manifest = PartSealed::of(&self.folder, MANIFEST)
            .map_err(|source| BundleError::Read { path: self.folder.join(MANIFEST), source })?;
        Ok(manifest.sha256)
    }

    /// Removes what was written by a hunt that searched nothing, so that the folder can be used again.
    pub fn discard(self) {
        // What cannot be removed stays, as it would without this.
        for part in &self.parts {
            let _ = fs::remove_file(self.folder.join(part));
        }
        for folder in ["rules", "keys", ""] {
            let _ = fs::remove_dir(self.folder.join(folder));
        }
    }

    /// Opens a part for writing. An earlier one is replaced; a link is not followed.
    fn create_part(&self, part: &str) -> Result<Output, BundleError> {
        let path = self.folder.join(part);
        match fs::symlink_metadata(&path) {
            Ok(found) if !found.is_file() => Err(BundleError::NotPlain { path }),
            _ => Ok(Output::replacing(&path)?),
        }
    }

    fn rules(&mut self, rules: &RuleSet) -> Result<(), BundleError> {
        let mut index = Vec::with_capacity(rules.files.len());
        for (number, file) in rules.files.iter().enumerate() {
            let part = format!("rules/{:04}-{}.yml", number + 1, safe(&file.name));
            self.copy(&part, file.bytes())?;
            index.push(RulePart {
                part,
                name: file.name.clone(),
                sha256: file.sha256.clone(),
                origin: RuleOrigin::of(&file.name),
            });
        }
        self.json(RULES, &index)
    }

    fn json(&mut self, part: &str, value: &impl Serialize) -> Result<(), BundleError> {
        self.part(part, |out| escape::write_json(value, out))
    }

    /// Writes one part.
    fn part(
        &mut self,
        part: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), BundleError> {
        let mut output: Box<dyn Sink> = Box::new(self.create_part(part)?);
        sink::stream(&mut *output, write)?;
        output.finish()?;
        self.parts.push(part.to_owned());
        Ok(())
    }

    /// Writes one of many small parts, in a folder of theirs. They are synced all at once, before the
    /// manifest is written.
    fn copy(&mut self, part: &str, bytes: &[u8]) -> Result<(), BundleError> {
        let path = self.folder.join(part);
        let below = Path::new(part).parent().unwrap_or(Path::new(""));
        platform::subfolder(&self.folder, below)
            .and_then(|_| platform::create_new(&path, bytes))
            .map_err(|source| BundleError::Write { path, source })?;
        self.parts.push(part.to_owned());
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "a bundle needs an empty folder")]
fn is_empty(folder: &Path) -> io::Result<bool> {
    Ok(fs::read_dir(folder)?.next().is_none())
}

/// Whether a folder holds only what `hunt` writes there, complete or not.
#[expect(clippy::disallowed_methods, reason = "parts of a bundle are its own files")]
fn is_own(folder: &Path, hunt: &BundledHunt) -> bool {
    let own = [FINDINGS, COVERAGE, RULES, OPTIONS, MANIFEST, "rules", "keys"];
    let known = |name: &str| own.contains(&name.strip_suffix(".partial").unwrap_or(name));
    let Ok(mut entries) = fs::read_dir(folder) else { return false };
    let all_known =
        entries.all(|entry| entry.is_ok_and(|entry| entry.file_name().to_str().is_some_and(known)));
    if !all_known {
        return false;
    }
    // The options are written at the end only.
    let Ok(options) = platform::open_below(folder, Path::new(OPTIONS)) else {
        return fs::symlink_metadata(folder.join(MANIFEST)).is_err();
    };
    serde_json::from_reader::<_, OptionsPart>(BufReader::new(options))
        .is_ok_and(|part| part.hunt == *hunt)
}

/// The first entry of the folder, or of a folder in it, that is neither a file nor a folder.
#[expect(clippy::disallowed_methods, reason = "parts of a bundle are its own files")]
fn not_plain(folder: &Path) -> io::Result<Option<PathBuf>> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if !kind.is_file() {
                return Ok(Some(entry.path()));
            }
        }
    }
    Ok(None)
}

/// A readable part of a rule file's name; a number before it makes the name unique.
fn safe(name: &str) -> String {
    let last = name.rsplit(['/', ':']).next().unwrap_or(name);
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    let kept = stem.chars().take(KEPT);
    kept.map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_part_holds_nothing_odd() {
        for (name, part) in [
            ("builtin:impact/stop_logging.yml", "stop_logging"),
            ("/a/b/../x y.z.yaml", "x-y-z"),
            ("..", "-"),
            ("\u{1b}[2J\u{e9}", "--2J-"),
        ] {
            assert_eq!(safe(name), part, "{name:?}");
        }
        assert_eq!(safe(&"a".repeat(1000)).len(), KEPT);
    }
}
