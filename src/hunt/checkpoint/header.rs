//! The first block of a checkpoint: which hunt it belongs to.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    coverage::Tool,
    hunt::spec::{HuntSpec, PathText, option_name},
    sink::TableStyle,
};

/// Hashes of the files that one option names, by their names.
pub type FileHashes = BTreeMap<String, String>;

/// Which hunt a checkpoint belongs to. All but `started`, `style` and `coverage` must be the same when
/// the hunt resumes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Header {
    /// The program.
    tool: Tool,
    /// When the hunt began, RFC 3339.
    pub started: String,
    /// The hunt.
    pub spec: HuntSpec,
    /// The files that options name, such as rules and keys, by the names of the options.
    pub files: BTreeMap<String, FileHashes>,
    /// How tables are drawn, which depends on the terminal that the hunt began in.
    pub style: TableStyle,
    /// Where the coverage report is written.
    pub coverage: Option<PathText>,
}

impl Header {
    /// The header of a hunt that begins now.
    pub fn new(
        spec: HuntSpec,
        files: BTreeMap<String, FileHashes>,
        style: TableStyle,
        coverage: Option<PathText>,
    ) -> Self {
        Self { tool: Tool::default(), started: String::new(), spec, files, style, coverage }
    }

    /// What differs from the hunt that is run now, one message each.
    pub(super) fn differences(&self, now: &Self) -> Vec<String> {
        let mut messages = Vec::new();
        if self.tool != now.tool {
            messages.push(format!(
                "it was written by {} {}, and this is {} {}",
                self.tool.name, self.tool.version, now.tool.name, now.tool.version
            ));
        }
        messages.extend(self.spec.differences(&now.spec));
        let options: BTreeSet<_> = self.files.keys().chain(now.files.keys()).collect();
        for option in options {
            let none = FileHashes::new();
            let was = self.files.get(option).unwrap_or(&none);
            let now = now.files.get(option).unwrap_or(&none);
            let names: BTreeSet<_> = was.keys().chain(now.keys()).collect();
            messages.extend(names.into_iter().filter_map(|name| {
                let what = match (was.get(name), now.get(name)) {
                    (was, now) if was == now => return None,
                    (_, None) => "is gone",
                    (None, _) => "is new",
                    _ => "has changed",
                };
                Some(format!("{}: {name} {what}", option_name(option)))
            }));
        }
        messages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        let hashes = |names: &[&str]| names.iter().map(|it| ((*it).into(), "0".into())).collect();
        let files = [("rules".to_owned(), hashes(&["a", "b", "c"]))].into();
        let style = TableStyle { color: false, width: 80, unicode: true, events: false };
        Header::new(HuntSpec::default(), files, style, None)
    }

    #[test]
    fn each_difference_is_named() {
        let was = header();
        let mut now = was.clone();
        now.style.width = 100;
        now.started = "later".to_owned();
        assert!(was.differences(&now).is_empty());
        now.spec.no_prefilter = true;
        let rules = now.files.get_mut("rules").expect("they are there");
        rules.insert("b".to_owned(), "1".to_owned());
        rules.remove("c");
        rules.insert("d".to_owned(), "0".to_owned());
        now.files.insert("keys".to_owned(), [("k".to_owned(), "0".to_owned())].into());
        assert_eq!(
            was.differences(&now),
            [
                "--no-prefilter was false, and is true",
                "--keys: k is new",
                "--rules: b has changed",
                "--rules: c is gone",
                "--rules: d is new",
            ]
        );
    }

    #[test]
    fn another_version_of_the_program_is_a_difference() {
        let was = header();
        let tool = Tool { version: "0.0.0".into(), ..Tool::default() };
        let differences = Header { tool, ..was.clone() }.differences(&was);
        assert!(differences[0].contains("written by backtrail 0.0.0"), "{differences:?}");
    }
}
