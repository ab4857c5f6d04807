//! Which format findings and reports are written in: `--format`, else the extension of `--output`, else the kind of
//! output.

use std::{
    io::{self, IsTerminal},
    path::Path,
};

use anyhow::{Result, bail};
use backtrail::sink::FormatKind;

use super::{
    args::{FormatArg, OutputArgs},
    verify::args::{VerifyArgs, VerifyFormat},
};

/// Extensions of formats that are not written. Findings under such a name would be something else than it says.
const NOT_WRITTEN: [&str; 26] = [
    "parquet", "arrow", "feather", "avro", "orc", "xlsx", "xls", "ods", "tsv", "html", "htm",
    "xml", "md", "pdf", "sqlite", "db", "duckdb", "evtx", "gz", "zst", "bz2", "xz", "zip", "tar",
    "7z", "sarif",
];

/// The format of the findings.
pub(super) fn chosen(args: &OutputArgs) -> Result<FormatArg> {
    match args.format {
        Some(format) => Ok(format),
        None => by_output(args).map(FormatArg),
    }
}

fn by_output(args: &OutputArgs) -> Result<FormatKind> {
    let Some(path) = args.output.as_deref().filter(|path| *path != Path::new("-")) else {
        let shown = args.output.is_none() && io::stdout().is_terminal();
        return Ok(if shown { FormatKind::Table } else { FormatKind::Ndjson });
    };
    Ok(match &*extension(path) {
        "csv" => FormatKind::Csv,
        "txt" => FormatKind::Table,
        other if NOT_WRITTEN.contains(&other) => bail!(
            "--output {}: findings are not written as {other}; use .ndjson, .json, .csv or .txt (a table), or choose \
             with --format ndjson, csv or table",
            path.display()
        ),
        _ => FormatKind::Ndjson,
    })
}

/// The format of the report of `verify`.
pub(super) fn of_report(args: &VerifyArgs) -> Result<VerifyFormat> {
    let path = args.output.as_deref().filter(|path| *path != Path::new("-"));
    let (None, Some(path)) = (args.format, path) else {
        return Ok(args.format.unwrap_or(VerifyFormat::Text));
    };
    Ok(match &*extension(path) {
        "csv" => VerifyFormat::Csv,
        "json" => VerifyFormat::Json,
        other if NOT_WRITTEN.contains(&other) || ["ndjson", "jsonl"].contains(&other) => bail!(
            "--output {}: the report is not written as {other}; use .json, .csv or .txt, or choose with --format text, \
             json or csv",
            path.display()
        ),
        _ => VerifyFormat::Text,
    })
}

/// What follows the last dot of a name, in lower case.
fn extension(path: &Path) -> String {
    path.extension()
        .map(|extension| extension.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default()
}
