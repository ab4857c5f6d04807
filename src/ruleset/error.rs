//! Why no rule set could be made.

use std::path::PathBuf;

use crate::text::counted;

/// Why no rule set could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuleSetError {
    /// A rules path cannot be read.
    #[error("cannot read rules from {path}")]
    Read {
        /// The path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A folder without a single rule file.
    #[error("no rules in {path} (looked for *.yml and *.yaml files)")]
    Empty {
        /// The path.
        path: PathBuf,
    },
    /// A folder whose YAML files are all something else.
    #[error("no Sigma rules in {path}: none of its {} has logsource and detection", counted(*.files, "YAML file"))]
    NoSigma {
        /// The path.
        path: PathBuf,
        /// How many YAML files were read.
        files: usize,
    },
    /// `--rule` or `--exclude-rule` names nothing.
    #[error("no title or id matches {pattern:?}{hint}")]
    NothingSelected {
        /// What was asked for.
        pattern: String,
        /// Near names, or empty.
        hint: String,
    },
    /// A `--rule` pattern is not a valid glob.
    #[error("{pattern:?} is not a valid pattern")]
    Pattern {
        /// What was given.
        pattern: String,
        /// Why.
        source: globset::Error,
    },
}
