//! What to do about it, in words.

use backtrail::text::{counted, grouped};

use super::{
    ratio, real,
    report::{Report, Row},
};
use crate::cli::render::harmless;

/// A rule that lets at least one of so many records pass and matches none looks for the wrong thing.
const OFTEN: u64 = 100;
/// Rules that are named in one piece of advice.
const NAMED: usize = 5;

/// Advice on the rules of a report, the most useful first; at least one sentence.
pub(super) fn advice(report: &Report) -> Vec<String> {
    let ungated: Vec<_> = report.rules.iter().filter(|row| row.prefilter == "none").collect();
    let vain: Vec<_> = report.rules.iter().filter(|row| is_vain(row, report.records)).collect();
    let mut advice: Vec<String> = Vec::new();
    advice.extend((!ungated.is_empty()).then(|| without_gate(report, &ungated)));
    advice.extend(vain.iter().take(NAMED).map(|row| vainly(row, report.records)));
    if advice.is_empty() && report.records > 0 {
        advice.push(
            "Every rule has a prefilter, and no literal filter selects many records without a match."
                .to_owned(),
        );
    }
    advice.extend(report.rules.first().filter(|row| row.saved_seconds > 0.0).map(dearest));
    if advice.is_empty() {
        advice.push("No records were read, so the cost of the rules is unknown.".to_owned());
    }
    advice
}

/// A rule whose literal filter selects many records and that matches none.
fn is_vain(row: &Row, records: u64) -> bool {
    row.prefilter == "literal"
        && row.matched == 0
        && row.candidates > 0
        && row.candidates.saturating_mul(OFTEN) >= records
}

fn without_gate(report: &Report, rules: &[&Row]) -> String {
    let told = &report.ungated;
    let requires = if rules.len() == 1 { "requires no text" } else { "require no text" };
    format!(
        "{} {requires}, so every record is split, parsed and evaluated: {}. \
         {} of {} were parsed for nothing else, in {:.3} s. Give such a rule a literal: \
         name an eventName, or else an eventSource, in each branch of its condition - each side of an \
         `or`, each selection of `1 of`. Values under `not` do not count, nor do numbers, \
         addresses, `null` and `exists`.",
        counted(rules.len() as u64, "rule"),
        names(rules),
        grouped(told.records),
        counted(report.spent.records_parsed, "parsed record"),
        told.parsing_seconds,
    )
}

fn vainly(row: &Row, records: u64) -> String {
    let named: Vec<_> = row.literals.iter().take(NAMED).map(|text| harmless(text)).collect();
    let more = if row.literals.len() > NAMED { " ..." } else { "" };
    format!(
        "The literal filter of {} selects {:.1} % of the records, and the rule matches none of them: {}{more} {} common here. Name an \
         eventName in each branch of its condition, or a value that is rarer.",
        quoted(row),
        100.0 * real(row.candidates) / real(records.max(1)),
        named.join(" "),
        if row.literals.len() == 1 { "is" } else { "are" },
    )
}

fn dearest(row: &Row) -> String {
    let with = row.cpu_seconds_without + row.saved_seconds;
    format!(
        "The most expensive rule is {}: without it the hunt would take about {:.3} s of CPU instead of {:.3} \
         s ({:.1} % less).",
        quoted(row),
        row.cpu_seconds_without,
        with,
        100.0 * ratio(row.saved_seconds, with),
    )
}

fn names(rules: &[&Row]) -> String {
    let mut names: Vec<_> = rules.iter().take(NAMED).map(|row| quoted(row)).collect();
    if rules.len() > NAMED {
        names.push(format!("{} more", grouped((rules.len() - NAMED) as u64)));
    }
    names.join(", ")
}

fn quoted(row: &Row) -> String {
    format!("`{}`", harmless(&row.title))
}
