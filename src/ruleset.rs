//! Rule files on disk (or built in) to a [`RuleSet`]: walk, parse, select, tell doubles.
//!
//! What is wrong with a rule is told and counted and does not end the run; only a path that cannot
//! be read, or a choice that chooses nothing, does. The same files give the same set in the same
//! order on every machine.

mod apply_filters;
mod builtin_selection;
mod correlation_fields;
mod error;
mod files;
mod link;
mod none;
mod select;
mod set;

use std::collections::{BTreeMap, HashMap, HashSet};

pub use error::RuleSetError;
pub use files::sha256_now;
pub use set::{
    Choice, LeftOut, LoadedFilter, NotRun, NotRunReason, Problem, RuleFile, RuleSet, RuleSource,
};
use sha2::{Digest, Sha256};

use crate::{
    rule::{
        Diagnostic, Document, Head, LoadedCorrelation, LoadedRule, RegexBudget, Rule, Severity,
        Span, Status,
    },
    sigma::{self, Placeholders},
    text::hex,
};

/// At most this many problems of one file are told, beside that there are more.
const MAX_PROBLEMS: usize = 1001;

impl RuleSet {
    /// Loads rules from `sources`, in that order, and keeps those that `choice` names.
    ///
    /// A refused document is no error here: it is counted in `refused` and told in `problems`.
    /// A file or document that was loaded before, byte for byte, is not loaded again.
    pub fn load(
        sources: &[RuleSource],
        choice: &Choice,
        placeholders: &Placeholders,
    ) -> Result<Self, RuleSetError> {
        let asked: fn(&[files::Read], &Choice) -> Vec<bool> = match sources {
            [RuleSource::Builtin] => builtin_selection::files_to_parse,
            _ => |files, _| vec![true; files.len()],
        };
        Self::load_asked(sources, choice, placeholders, asked)
    }

    /// The same; `asked` says of the files of a source which of them have to be parsed.
    fn load_asked(
        sources: &[RuleSource],
        choice: &Choice,
        placeholders: &Placeholders,
        asked: fn(&[files::Read], &Choice) -> Vec<bool>,
    ) -> Result<Self, RuleSetError> {
        let mut set = Self::default();
        let mut seen = Seen::default();
        for source in sources {
            let files::Source { files, folder, hidden } = files::read(source)?;
            set.left_out.hidden += hidden;
            let asked = asked(&files, choice);
            let (read, before) = (files.len(), set.left_out.not_sigma);
            for (file, asked) in files.into_iter().zip(asked) {
                if folder && !file.may_be_sigma() {
                    set.left_out.not_sigma += 1;
                } else if seen.files.insert(file.sha256.clone()) {
                    set.add(file, asked.then_some(placeholders), folder, &mut seen);
                }
            }
            if let RuleSource::Path(path) = source
                && folder
                && set.left_out.not_sigma - before == read
            {
                return Err(RuleSetError::NoSigma { path: path.clone(), files: read });
            }
        }
        let wanted = select::Wanted::read(&set, choice)?;
        apply_filters::apply(&mut set, &wanted);
        link::resolve(&mut set);
        select::apply(&mut set, &wanted);
        correlation_fields::assign(&mut set);
        set.report_doubled_ids();
        Ok(set)
    }

    /// Parses one file, if there is something to parse it with, and adds what is in it. A file of a
    /// `folder` need not have rules.
    fn add(
        &mut self,
        file: files::Read,
        placeholders: Option<&Placeholders>,
        folder: bool,
        seen: &mut Seen,
    ) {
        let index = self.files.len();
        let parsed = match file.problem {
            None => placeholders
                .map(|placeholders| {
                    sigma::parse_within(&file.text, placeholders, &mut seen.regexes)
                })
                .unwrap_or_default(),
            // What can be read of it may say that it is not meant to run here.
            Some(problem) => placeholders
                .filter(|_| !file.text.is_empty())
                .map(|placeholders| {
                    sigma::parse_within(&file.text, placeholders, &mut seen.regexes)
                })
                .filter(|parsed| is_not_meant(parsed) || folder && parsed.is_other)
                .unwrap_or_else(|| sigma::Parsed {
                    diagnostics: vec![problem],
                    refused: 1,
                    ..Default::default()
                }),
        };
        if folder && parsed.is_other {
            self.left_out.not_sigma += 1;
            return;
        }
        self.refused += parsed.refused;
        for head in parsed.not_run {
            let sigma::Head { title, id, name, unsupported, log_source } = head;
            let reason =
                if unsupported { NotRunReason::Unsupported } else { NotRunReason::OtherLogSource };
            self.not_run.push(NotRun { title, id, name, file: index, reason, log_source });
        }
        let problems = parsed.diagnostics.into_iter();
        self.problems.extend(problems.map(|diagnostic| Problem { file: index, diagnostic }));
        for document in parsed.documents {
            let span = document.span();
            let source = file.text.get(span.start..span.end).unwrap_or_default();
            if seen.documents.insert(Sha256::digest(source).into()) {
                self.add_document(document, index);
            }
        }
        let files::Read { name, text, sha256, raw, .. } = file;
        self.files.push(RuleFile { name, text, sha256, raw });
    }

    fn add_document(&mut self, document: Document, file: usize) {
        match document {
            Document::Rule(rule) => match not_run(&rule) {
                None => self.rules.push(LoadedRule::new(*rule, file)),
                Some(reason) => {
                    let log_source = (reason == NotRunReason::OtherLogSource)
                        .then(|| rule.logsource.to_string());
                    self.not_run
                        .push(NotRun { log_source, ..NotRun::new(rule.head, file, reason) });
                }
            },
            Document::Correlation(correlation) => {
                if correlation.head.status == Some(Status::Unsupported) {
                    let reason = NotRunReason::Unsupported;
                    self.not_run.push(NotRun::new(correlation.head, file, reason));
                } else {
                    self.correlations.push(LoadedCorrelation::new(*correlation, file));
                }
            }
            Document::Filter(filter) => {
                let unsupported = filter.head.status == Some(Status::Unsupported);
                if unsupported || !filter.logsource.applies_to_cloudtrail() {
                    // Nothing refers to a filter by its name.
                    let head = Head { name: None, ..filter.head };
                    self.not_run.push(if unsupported {
                        NotRun::new(head, file, NotRunReason::Unsupported)
                    } else {
                        let log_source = Some(filter.logsource.to_string());
                        NotRun {
                            log_source,
                            ..NotRun::new(head, file, NotRunReason::OtherLogSource)
                        }
                    });
                } else {
                    self.filters.push(LoadedFilter { filter: *filter, file, narrowed: 0 });
                }
            }
        }
    }

    /// Reports what is wrong with a document of `file`; an error refuses it.
    fn report(&mut self, file: usize, diagnostic: Diagnostic) {
        self.problems.push(Problem { file, diagnostic });
    }

    /// Two rules with one id both run, and their author should know.
    fn report_doubled_ids(&mut self) {
        let mut first: HashMap<&str, usize> = HashMap::new();
        let mut doubled = Vec::new();
        let rules = self.rules.iter().map(|it| (it.rule.head.id.as_deref(), it.file, it.rule.span));
        let correlations = self
            .correlations
            .iter()
            .map(|it| (it.correlation.head.id.as_deref(), it.file, it.correlation.span));
        for (id, file, span) in rules.chain(correlations) {
            let Some(id) = id else { continue };
            let Some(other) = first.get(id) else {
                first.insert(id, file);
                continue;
            };
            let message =
                format!("the id {id} is also that of a rule in {}", self.files[*other].name);
            let span = place_of_id(&self.files[file].text, span, id);
            let diagnostic = Diagnostic::warning("doubled-id", span, message)
                .help("both rules run; give one of them an id of its own");
            doubled.push(Problem { file, diagnostic });
        }
        self.problems.append(&mut doubled);
        self.problems.sort_by_key(|problem| (problem.file, problem.diagnostic.span.start));
        self.bound_problems();
    }

    /// A file can have a problem in every line, and to show one costs a look at the file.
    fn bound_problems(&mut self) {
        let mut told: HashMap<usize, usize> = HashMap::new();
        let mut rest: HashMap<usize, (Span, Severity)> = HashMap::new();
        self.problems.retain(|problem| {
            let number = told.entry(problem.file).or_default();
            *number += 1;
            if *number > MAX_PROBLEMS {
                let Diagnostic { span, severity, .. } = problem.diagnostic;
                let (_, gravest) = rest.entry(problem.file).or_insert((span, severity));
                *gravest = severity.max(*gravest);
            }
            *number <= MAX_PROBLEMS
        });
        for (file, (span, severity)) in rest {
            let message = format!("{} more problems are not told", told[&file] - MAX_PROBLEMS);
            let diagnostic = Diagnostic::error("too-many-problems", span, message)
                .help("solve those before it first");
            let diagnostic = Diagnostic { severity, ..diagnostic };
            self.problems.push(Problem { file, diagnostic });
        }
        self.problems.sort_by_key(|problem| (problem.file, problem.diagnostic.span.start));
    }

    /// How many documents load and do not run, by reason.
    pub fn not_run_counts(&self) -> BTreeMap<NotRunReason, usize> {
        let mut counts = BTreeMap::new();
        for document in &self.not_run {
            *counts.entry(document.reason).or_default() += 1;
        }
        counts
    }

    /// SHA-256 over the sorted files (for each: its hash and a line feed), lower-case hex.
    pub fn sha256(&self) -> String {
        let mut hashes: Vec<&str> = self.files.iter().map(|file| file.sha256.as_str()).collect();
        hashes.sort_unstable();
        let mut hash = Sha256::new();
        for file in hashes {
            hash.update(file);
            hash.update("\n");
        }
        hex(&hash.finalize())
    }
}

/// What has been loaded already.
#[derive(Debug, Default)]
struct Seen {
    /// Files, by their hash.
    files: HashSet<String>,
    /// Documents, by the hash of their text.
    documents: HashSet<[u8; 32]>,
    /// Their regular expressions.
    regexes: RegexBudget,
}

/// Whether nothing in a file is meant to run here.
fn is_not_meant(parsed: &sigma::Parsed) -> bool {
    let is_rule_not_run =
        |document: &Document| matches!(document, Document::Rule(rule) if not_run(rule).is_some());
    parsed.refused == 0 && parsed.documents.iter().all(is_rule_not_run)
}

/// Why a rule does not run, if it does not.
fn not_run(rule: &Rule) -> Option<NotRunReason> {
    if rule.head.status == Some(Status::Unsupported) {
        Some(NotRunReason::Unsupported)
    } else if rule.logsource.applies_to_cloudtrail() {
        None
    } else {
        Some(NotRunReason::OtherLogSource)
    }
}

/// Where the id stands in its document; the start of the document if it is spelled otherwise.
fn place_of_id(text: &str, document: Span, id: &str) -> Span {
    let found = text.get(document.start..document.end).and_then(|source| source.find(id));
    match found {
        Some(at) => Span::new(document.start + at, document.start + at + id.len()),
        None => Span::new(document.start, document.start),
    }
}

#[cfg(test)]
mod tests;
