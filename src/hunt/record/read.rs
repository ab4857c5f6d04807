//! Reading a record: the manifest first, then whatever it vouches for.
//!
//! What stands in a record is not trusted further than its form: no part leads out of its folder.

use std::{
    fs::{self, File},
    io::{self, BufReader},
    num::NonZeroUsize,
    path::{Component, Path, PathBuf},
    str::FromStr,
};

use globset::GlobSet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Asked, COVERAGE, Comparing, FINDINGS, MANIFEST, Manifest, OPTIONS, OptionsPart, PartSealed,
    RULES, RecordError, RulePart, ToolNamed, coverage::CoverageRead,
};
use crate::{
    hunt::{Bounds, HELD_MATCHES, Options},
    ruleset::{self, Choice, RuleSet, RuleSource},
    source::{Input, ListOptions},
    verify::Evidence,
};

/// Where a recorded rule file came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleOrigin {
    /// It was built into the program.
    Builtin,
    /// It was a file.
    File,
}

impl RuleOrigin {
    /// The origin of the rule file of that name.
    pub(super) fn of(name: &str) -> Self {
        if name.starts_with("builtin:") { Self::Builtin } else { Self::File }
    }
}

/// A recorded rule file that is no longer the same where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleNow {
    /// Its name.
    pub name: String,
    /// Where it came from.
    pub origin: RuleOrigin,
    /// There is another text now; else there is none that could be read.
    pub there: bool,
}

/// A finished record whose parts are what its manifest says.
#[derive(Debug)]
pub struct Record {
    folder: PathBuf,
    options: OptionsPart,
    rules: Vec<RulePart>,
}

impl Record {
    /// Opens a record. Every byte of it is compared with the manifest first.
    pub fn open(folder: &Path) -> Result<Self, RecordError> {
        let manifest: Manifest = match json(folder, MANIFEST) {
            Err(RecordError::Read { source, .. })
                if source.kind() == io::ErrorKind::NotFound && folder.is_dir() =>
            {
                return Err(RecordError::Unfinished { folder: folder.to_owned() });
            }
            manifest => manifest?,
        };
        for part in [FINDINGS, COVERAGE, RULES, OPTIONS] {
            vouched(&manifest, part)?;
        }
        let told: Vec<_> =
            manifest.parts.iter().filter_map(|sealed| changed(folder, sealed)).collect();
        if !told.is_empty() {
            return Err(RecordError::Changed { told });
        }
        let options: OptionsPart = json(folder, OPTIONS)?;
        let rules: Vec<RulePart> = json(folder, RULES)?;
        for part in rules.iter().map(|rule| &rule.part).chain(&options.keys) {
            vouched(&manifest, part)?;
        }
        Ok(Self { folder: folder.to_owned(), options, rules })
    }

    /// What was asked for.
    pub fn asked(&self) -> &Asked {
        &self.options.asked
    }

    /// The program that wrote it.
    pub fn tool(&self) -> &ToolNamed {
        &self.options.tool
    }

    /// When the recorded hunt began, RFC 3339.
    pub fn started(&self) -> &str {
        &self.options.started
    }

    /// The recorded rules, chosen as they were.
    pub fn rules(&self) -> Result<RuleSet, RecordError> {
        let sources: Vec<_> = self
            .rules
            .iter()
            .map(|rule| RuleSource::Copy {
                path: self.folder.join(&rule.part),
                name: rule.name.clone(),
            })
            .collect();
        let Asked { rule, exclude_rule, level, placeholders, .. } = self.asked();
        let choice = Choice { rules: rule.clone(), exclude: exclude_rule.clone(), level: *level };
        let rules = RuleSet::load(&sources, &choice, placeholders)?;
        let same = rules
            .files
            .iter()
            .map(|file| &file.sha256)
            .eq(self.rules.iter().map(|rule| &rule.sha256));
        if same { Ok(rules) } else { Err(broken(RULES, "the rules are not those it lists")) }
    }

    /// Public keys, as they were given.
    #[expect(clippy::disallowed_methods, reason = "parts of a record are its own files")]
    pub fn keys(&self) -> Result<Vec<Vec<u8>>, RecordError> {
        let read = |part: &String| {
            let path = self.folder.join(part);
            fs::read(&path).map_err(|source| RecordError::Read { path, source })
        };
        self.options.keys.iter().map(read).collect()
    }

    /// The rule files that are not the same any more where they came from.
    pub fn rules_now(&self) -> Vec<RuleNow> {
        let base = self.asked().folder.path();
        let now = |rule: &RulePart| {
            let now = ruleset::sha256_now(&rule.name, &base);
            (now.as_ref() != Some(&rule.sha256)).then(|| RuleNow {
                name: rule.name.clone(),
                origin: rule.origin,
                there: now.is_some(),
            })
        };
        self.rules.iter().filter_map(now).collect()
    }

    /// The inputs where they are now, under the names they had: at `moved`, one place for each, or
    /// where they were. None if `moved` are not as many as the inputs.
    pub fn inputs(&self, moved: &[PathBuf]) -> Option<Vec<Input>> {
        let base = self.asked().folder.path();
        let names = self.asked().inputs.iter().map(super::PathText::path);
        if moved.is_empty() {
            let place = |name: PathBuf| Input::Moved { place: base.join(&name), name };
            return Some(names.map(place).collect());
        }
        (moved.len() == self.asked().inputs.len()).then(|| {
            let places = moved.iter().cloned();
            names.zip(places).map(|(name, place)| Input::Moved { name, place }).collect()
        })
    }

    /// How to list `inputs`, which are those of [`Record::inputs`]. `exclude` are the recorded globs.
    #[expect(clippy::disallowed_methods, reason = "outputs are left out by their true paths")]
    pub fn listing(&self, inputs: &[Input], exclude: GlobSet) -> ListOptions {
        let left_out = self.asked().left_out.iter().filter_map(|left_out| {
            let Input::Moved { place, .. } = inputs.get(left_out.input)? else { return None };
            let place = fs::canonicalize(place).ok()?;
            let below = left_out.below.path();
            Some(if below.as_os_str().is_empty() { place } else { place.join(below) })
        });
        let own = fs::canonicalize(&self.folder).ok();
        ListOptions {
            follow: self.asked().follow,
            exclude,
            leave_out: left_out.chain(own).collect(),
        }
    }

    /// The options of the recorded hunt, for these inputs.
    pub fn options(
        &self,
        inputs: Vec<Input>,
        listing: ListOptions,
        evidence: Option<Evidence>,
        threads: NonZeroUsize,
    ) -> Result<Options, RecordError> {
        let asked = self.asked();
        let time = |text: &Option<String>| {
            let parsed = text.as_deref().map(Timestamp::from_str).transpose();
            parsed.map_err(|error| broken(OPTIONS, &error.to_string()))
        };
        Ok(Options {
            inputs,
            listing,
            bounds: Bounds {
                from: time(&asked.from)?,
                to: time(&asked.to)?,
                late_days: asked.late_days,
                accounts: asked.accounts.clone(),
                regions: asked.regions.clone(),
            },
            sample: None,
            threads,
            access: asked.access,
            max_inflated: asked.max_inflated,
            no_prefilter: asked.no_prefilter,
            detail: asked.detail,
            hash_files: true,
            duplicates: asked.duplicates,
            sort: asked.sort,
            evidence,
            limit: asked.limit,
            held_matches: HELD_MATCHES,
            journal: None,
            command: self.options.command.clone(),
        })
    }

    /// Begins to compare findings.
    #[expect(clippy::disallowed_methods, reason = "parts of a record are its own files")]
    pub fn comparing(&self) -> Result<Comparing, RecordError> {
        let path = self.folder.join(FINDINGS);
        let file = File::open(&path).map_err(|source| RecordError::Read { path, source })?;
        Ok(Comparing::new(file))
    }

    /// The recorded coverage.
    pub(super) fn coverage(&self) -> Result<CoverageRead, RecordError> {
        json(&self.folder, COVERAGE)
    }
}

fn broken(part: &str, why: &str) -> RecordError {
    RecordError::Broken { part: part.to_owned(), why: why.to_owned() }
}

/// Whether the manifest has that part, and it is one.
fn vouched(manifest: &Manifest, part: &str) -> Result<(), RecordError> {
    if manifest.parts.iter().any(|sealed| sealed.part == part) {
        Ok(())
    } else {
        Err(broken(MANIFEST, &format!("it does not have {part}")))
    }
}

/// How a part differs from what the manifest says.
fn changed(folder: &Path, sealed: &PartSealed) -> Option<String> {
    let part = &sealed.part;
    if !Path::new(part).components().all(|step| matches!(step, Component::Normal(_))) {
        return Some(format!("{part:?} is no name of a part"));
    }
    match PartSealed::of(folder, part) {
        Ok(is) if is == *sealed => None,
        Ok(is) if is.bytes != sealed.bytes => {
            Some(format!("{part} has {} bytes, not {}", is.bytes, sealed.bytes))
        }
        Ok(_) => Some(format!("{part} has other bytes")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(format!("{part} is missing")),
        Err(error) => Some(format!("{part} cannot be read: {error}")),
    }
}

#[expect(clippy::disallowed_methods, reason = "parts of a record are its own files")]
fn json<T: DeserializeOwned>(folder: &Path, part: &str) -> Result<T, RecordError> {
    let path = folder.join(part);
    let file = File::open(&path).map_err(|source| RecordError::Read { path, source })?;
    serde_json::from_reader(BufReader::new(file)).map_err(|error| broken(part, &error.to_string()))
}
