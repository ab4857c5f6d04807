//! Findings as CSV: a header always, one finding a row, absent values empty.
//!
//! Quoting is RFC 4180's, but rows end with a line feed alone: every reader takes it, line tools
//! see no stray carriage return, and CR LF would end the last cell of a row with a CR for some.
//! Cells a spreadsheet would run carry an apostrophe (see [`escape::csv`]), so the exact values
//! are in NDJSON. There is no `matched` and no `event` here, and of a correlation no `event_ids`; its
//! group is a JSON object.

use super::{Format, ndjson};
use crate::{
    coverage::Coverage,
    finding::{CorrelationFinding, Finding, Integrity},
    rule::Level,
    text::escape,
};

/// The columns. The last five belong to correlations and are empty for detections.
const HEADER: &str = "time,level,rule_id,rule_title,tags,event_source,event_name,account,region,\
principal,access_key,source_ip,user_agent,error_code,event_id,file,record,integrity,\
correlation_type,group,count,first,last\n";

/// Comma-separated values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Csv;

impl Format for Csv {
    fn header(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(HEADER.as_bytes());
    }

    fn render(&self, finding: &Finding<'_>, out: &mut Vec<u8>) {
        let rule = finding.rule;
        let tags = rule.tags.join(" ");
        let record = finding.record.to_string();
        let cells = [
            finding.time.as_deref(),
            rule.level.map(Level::as_str),
            rule.id.as_deref(),
            Some(&rule.title),
            Some(&tags),
            finding.event_source.as_deref(),
            finding.event_name.as_deref(),
            finding.account.as_deref(),
            finding.region.as_deref(),
            finding.principal.as_deref(),
            finding.access_key.as_deref(),
            finding.source_ip.as_deref(),
            finding.user_agent.as_deref(),
            finding.error_code.as_deref(),
            finding.event_id.as_deref(),
            Some(&finding.file.display),
            Some(&record),
            finding.integrity.map(Integrity::as_str),
        ];
        for cell in cells {
            escape::csv(cell.unwrap_or_default(), out);
            out.push(b',');
        }
        // Four commas part the five empty cells of a correlation.
        out.extend_from_slice(b",,,,\n");
    }

    fn render_correlation(&self, finding: &CorrelationFinding<'_>, out: &mut Vec<u8>) {
        let rule = finding.rule;
        let (first, last) = (finding.first.to_string(), finding.last.to_string());
        let mut group = Vec::new();
        ndjson::group(&finding.group, &mut group);
        let cells = [
            Some(&*last),
            rule.level.map(Level::as_str),
            rule.id.as_deref(),
            Some(&rule.title),
            Some(&rule.tags.join(" ")),
        ];
        for cell in cells {
            escape::csv(cell.unwrap_or_default(), out);
            out.push(b',');
        }
        // From `event_source` to `integrity` there is one record to tell of, or nothing.
        out.extend_from_slice(b",,,,,,,,,,,,,");
        let cells = [
            finding.kind.as_str(),
            &String::from_utf8_lossy(&group),
            &finding.count.text(),
            &first,
            &last,
        ];
        for (index, cell) in cells.into_iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            escape::csv(cell, out);
        }
        out.push(b'\n');
    }

    fn footer(&self, _coverage: &Coverage, _out: &mut Vec<u8>) {}
}
