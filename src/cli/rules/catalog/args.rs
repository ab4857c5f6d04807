//! The command line of `rules catalog`.

use std::path::PathBuf;

use backtrail::catalog::Form;
use clap::{Args, ValueEnum, ValueHint};

use super::super::super::args::RuleArgs;

/// What `rules catalog --help` ends with.
pub(crate) const AFTER_HELP: &str = "\
Each --rules is a rule set named after the last part of its path, or NAME with --rules NAME=PATH. Rules are compared \
across all sets. Open index.html in a browser; the pages load nothing from the network.

Examples:
  backtrail rules catalog pages                                       the built-in rules
  backtrail rules catalog pages -r builtin -r sigmahq=sigma/rules/cloud/aws
  backtrail rules catalog pages -r my-rules/ -f markdown -f json";

#[derive(Debug, Args)]
pub(crate) struct CatalogArgs {
    /// Folder to write: new, empty, or with an earlier catalog, which is replaced
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) folder: PathBuf,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// Output format; repeatable
    #[arg(short, long, value_name = "FORMAT", value_delimiter = ',', default_value = "html")]
    pub(crate) format: Vec<CatalogFormat>,
    /// Write into the folder even if it holds other files
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CatalogFormat {
    Html,
    #[value(alias = "md")]
    Markdown,
    Json,
}

impl From<CatalogFormat> for Form {
    fn from(format: CatalogFormat) -> Self {
        match format {
            CatalogFormat::Html => Self::Html,
            CatalogFormat::Markdown => Self::Markdown,
            CatalogFormat::Json => Self::Json,
        }
    }
}
