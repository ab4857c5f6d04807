//! From counts to a report: what each rule costs, most expensive first, and what was spent on what.

use std::time::Duration;

use anyhow::Result;
use backtrail::{
    coverage::Counted,
    engine::{AnyOf, Costs, Engine, Place, RuleCost, RulePrefilter},
    hunt::Measured,
    rule::Level,
    text::escape,
};
use serde::Serialize;

use super::{Scale, baseline::Run, ratio, real};

/// What a hunt costs, and which rule how much of it. Counts and times are scaled up to all files,
/// but for the wall time of the run.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) run: Run,
    /// Records there are, and whether they were split or counted by a key.
    pub(super) records: u64,
    pub(super) records_counted_exactly: bool,
    pub(super) spent: Parts,
    pub(super) clock: Clock,
    pub(super) ungated: Ungated,
    /// All rules, the most expensive first.
    pub(super) rules: Vec<Row>,
    pub(super) advice: Vec<String>,
}

/// What the processor time went into, in seconds.
#[derive(Debug, Serialize)]
pub(super) struct Parts {
    /// Listing, reading and inflating, and all that is not told below.
    pub(super) reading: f64,
    pub(super) gates_and_splitting: f64,
    pub(super) parsing: f64,
    pub(super) evaluating: f64,
    pub(super) rendering: f64,
    /// What measuring itself took.
    pub(super) profiling: f64,
    /// Records that were parsed.
    pub(super) records_parsed: u64,
}

/// What measuring took.
#[derive(Debug, Serialize)]
pub(super) struct Clock {
    pub(super) readings: u64,
    pub(super) nanoseconds_each: f64,
}

/// Rules without a prefilter, taken together.
#[derive(Debug, Serialize)]
pub(super) struct Ungated {
    pub(super) rules: u64,
    /// Records that were parsed for such rules alone, and the time it took.
    pub(super) records: u64,
    pub(super) parsing_seconds: f64,
}

/// What one rule costs.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) id: Option<String>,
    pub(super) title: String,
    pub(super) level: Option<&'static str>,
    /// `event-name`, `literal` or `none`.
    pub(super) prefilter: &'static str,
    pub(super) literals: Vec<String>,
    pub(super) candidates: u64,
    pub(super) evaluated: u64,
    pub(super) matched: u64,
    pub(super) evaluating_seconds: f64,
    pub(super) evaluating_share: f64,
    /// Evaluation, by a million records of the archive.
    pub(super) seconds_per_million_records: f64,
    pub(super) rendering_seconds: f64,
    /// Records that were parsed for it alone.
    pub(super) parsed_alone: u64,
    pub(super) parsing_alone_seconds: f64,
    /// Evaluation, rendering, and parsing for it alone: what would not have been spent without it.
    pub(super) saved_seconds: f64,
    /// An estimate: the processor time of all, without that.
    pub(super) cpu_seconds_without: f64,
}

/// The columns of CSV: the fields of a [`Row`], in their order.
const COLUMNS: [&str; 16] = [
    "id",
    "title",
    "level",
    "prefilter",
    "literals",
    "candidates",
    "evaluated",
    "matched",
    "evaluating_seconds",
    "evaluating_share",
    "seconds_per_million_records",
    "rendering_seconds",
    "parsed_alone",
    "parsing_alone_seconds",
    "saved_seconds",
    "cpu_seconds_without",
];

impl Report {
    pub(super) fn new(measured: &Measured, engine: &Engine, scale: &Scale) -> Self {
        let totals = &measured.hunted.coverage.totals;
        let costs = &measured.costs;
        let seconds = |time: Duration| time.as_secs_f64() * scale.factor();
        let parts = Parts::new(measured, scale);
        let whole = scale.cpu(&measured.spent) - parts.profiling;
        let mut rules: Vec<Row> = (0..engine.len())
            .filter_map(|index| Some((index, costs.rules.get(index)?)))
            .map(|(index, cost)| {
                let mut row = Row::new(engine, index, cost, scale);
                row.evaluating_share = ratio(row.evaluating_seconds, parts.evaluating);
                let million = real(scale.count(totals.records)) / 1e6;
                row.seconds_per_million_records = ratio(row.evaluating_seconds, million);
                row.cpu_seconds_without = (whole - row.saved_seconds).max(0.0);
                row
            })
            .collect();
        rules.sort_by(|a, b| {
            let by_saved = b.saved_seconds.total_cmp(&a.saved_seconds);
            by_saved.then(b.candidates.cmp(&a.candidates))
        });
        let mut report = Self {
            run: Run::new(measured, scale),
            records: scale.count(totals.records),
            records_counted_exactly: totals.records_counted == Counted::Exactly,
            spent: parts,
            clock: Clock {
                readings: costs.readings,
                nanoseconds_each: costs.price.as_secs_f64() * 1e9,
            },
            ungated: Ungated {
                rules: rules.iter().map(|row| u64::from(row.prefilter == "none")).sum(),
                records: scale.count(costs.ungated_only),
                parsing_seconds: seconds(costs.parsing_ungated),
            },
            rules,
            advice: Vec::new(),
        };
        report.advice = super::advice::advice(&report);
        report
    }

    /// The rules as CSV.
    pub(super) fn csv(&self) -> Result<String> {
        let mut text = (COLUMNS.join(",") + "\n").into_bytes();
        for row in &self.rules {
            let fields = serde_json::to_value(row)?;
            for (at, name) in COLUMNS.iter().enumerate() {
                text.extend_from_slice(if at == 0 { b"" } else { b"," });
                escape::csv(&cell(&fields[name]), &mut text);
            }
            text.push(b'\n');
        }
        Ok(String::from_utf8(text)?)
    }
}

/// One field of CSV, before it is made harmless.
fn cell(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(items) => {
            let items = items.iter().filter_map(serde_json::Value::as_str);
            items.collect::<Vec<_>>().join(" ")
        }
        number => number.to_string(),
    }
}

impl Parts {
    fn new(measured: &Measured, scale: &Scale) -> Self {
        let costs: &Costs = &measured.costs;
        let factor = scale.factor();
        let seconds = |time: Duration| time.as_secs_f64() * factor;
        let [parsing, evaluating, rendering, watching, scanning] =
            [costs.parsing, costs.evaluating(), costs.rendering(), costs.watching, costs.scanning]
                .map(seconds);
        let laps = costs.price.as_secs_f64() * real(costs.readings) * factor;
        Self {
            reading: (scale.cpu(&measured.spent) - scanning - watching).max(0.0),
            gates_and_splitting: (scanning - parsing - evaluating - rendering - laps).max(0.0),
            profiling: laps + watching,
            parsing,
            evaluating,
            rendering,
            records_parsed: scale.count(costs.records),
        }
    }
}

impl Row {
    /// Without what needs to know of the others.
    fn new(engine: &Engine, index: usize, cost: &RuleCost, scale: &Scale) -> Self {
        let head = engine.head(index);
        let prefilter = engine.prefilter(index);
        let seconds = |time: Duration| time.as_secs_f64() * scale.factor();
        Self {
            id: head.id.clone(),
            title: head.title.clone(),
            level: head.level.map(Level::as_str),
            prefilter: match prefilter {
                RulePrefilter::EventName(_) => "event-name",
                RulePrefilter::Literal(_) => "literal",
                RulePrefilter::None => "none",
            },
            literals: literals(prefilter),
            candidates: scale.count(cost.candidates),
            evaluated: scale.count(cost.evaluated),
            matched: scale.count(cost.matched),
            evaluating_seconds: seconds(cost.evaluating),
            evaluating_share: 0.0,
            seconds_per_million_records: 0.0,
            rendering_seconds: seconds(cost.rendering),
            parsed_alone: scale.count(cost.alone),
            parsing_alone_seconds: seconds(cost.parsing_alone),
            saved_seconds: seconds(cost.evaluating + cost.rendering + cost.parsing_alone),
            cpu_seconds_without: 0.0,
        }
    }
}

/// What a prefilter searches for: values of eventName, with `*` where more may follow, or bytes of
/// the record.
fn literals(prefilter: &RulePrefilter) -> Vec<String> {
    let name = |set: &AnyOf| {
        let star = |wanted: bool| if wanted { "*" } else { "" };
        set.iter()
            .map(|literal| {
                let before = matches!(literal.place, Place::End | Place::Inside);
                let after = matches!(literal.place, Place::Start | Place::Inside);
                format!("{}{}{}", star(before), literal.text, star(after))
            })
            .collect()
    };
    match prefilter {
        RulePrefilter::EventName(set) => name(set),
        RulePrefilter::Literal(needles) => {
            needles.iter().map(|needle| String::from_utf8_lossy(needle).into_owned()).collect()
        }
        RulePrefilter::None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use backtrail::engine::Literal;

    use super::*;

    #[test]
    fn a_prefilter_lists_what_it_searches_for() {
        let literal = |text: &str, place| Literal { field: None, place, text: text.to_owned() };
        let set = vec![
            literal("stop", Place::Whole),
            literal("get", Place::Start),
            literal("key", Place::End),
            literal("policy", Place::Inside),
        ];
        assert_eq!(literals(&RulePrefilter::EventName(set)), ["stop", "get*", "*key", "*policy*"]);
        assert_eq!(literals(&RulePrefilter::Literal(vec![b"\"root\"".to_vec()])), ["\"root\""]);
        assert!(literals(&RulePrefilter::None).is_empty());
    }
}
