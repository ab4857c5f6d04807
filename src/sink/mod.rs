//! Where findings go: formats render them, sinks take the bytes.

mod csv;
mod interface;
mod ndjson;
mod output;
mod stream;
mod table;
#[cfg(test)]
pub(crate) mod tests;

pub use interface::{Format, Sink, SinkError};
pub use output::{Destination, Output};
use serde::{Deserialize, Serialize};
pub use stream::stream;
pub use table::TableStyle;

/// The formats there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FormatKind {
    /// For a person at a terminal.
    Table,
    /// One JSON object a line.
    Ndjson,
    /// Comma-separated values.
    Csv,
}

/// The format of that kind; the style is the table's.
pub fn format(kind: FormatKind, table: TableStyle) -> Box<dyn Format> {
    match kind {
        FormatKind::Table => Box::new(table::Table::new(table)),
        FormatKind::Ndjson => Box::new(ndjson::Ndjson),
        FormatKind::Csv => Box::new(csv::Csv),
    }
}
