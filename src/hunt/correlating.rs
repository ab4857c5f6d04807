//! Correlations of a hunt: matches are held until all is read, then looked at in order of time.
//!
//! Matches become rows that are sorted outside memory, level by level. What is found is rendered at
//! once and sorted in its turn, so that it leaves by first event, rule and group.

use std::io;

use jiff::Timestamp;

use super::{fed, memory::Memory, progress::Signal, spool::Frame};
use crate::{
    correlate::{self, Alert, Match, Pass, Plan},
    finding::CorrelationFinding,
    rule::LoadedCorrelation,
    ruleset::RuleSet,
    sink::Format,
    sort::Sorter,
};

/// What is held for the correlations.
pub(super) struct Correlating<'h> {
    plan: Plan,
    format: &'h dyn Format,
    /// Rows by level.
    rows: Vec<Sorter>,
    found: Sorter,
    /// Bytes that a window may hold.
    window: usize,
    alerts: u64,
    /// Matches that take part.
    pub(super) matches: u64,
    /// Matches whose time cannot be read.
    pub(super) without_time: u64,
}

impl<'h> Correlating<'h> {
    /// What the correlations of `rules` need; nothing if there are none.
    pub(super) fn new(rules: &RuleSet, format: &'h dyn Format, memory: Memory) -> Option<Self> {
        if rules.correlations.is_empty() {
            return None;
        }
        let plan = Plan::new(rules.correlations.clone());
        let share = memory.of_rows() / plan.levels().max(1);
        let rows = (0..plan.levels()).map(|_| Sorter::new(share)).collect();
        let found = Sorter::new(memory.of_correlated());
        let window = memory.of_window();
        Some(Self { plan, format, rows, found, window, alerts: 0, matches: 0, without_time: 0 })
    }

    /// Takes a match that feeds correlations.
    pub(super) fn take(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        if frame.mark.time == i128::MAX {
            self.without_time += 1;
            return Ok(());
        }
        self.matches += 1;
        let (identity, texts) = fed::read(frame.fed).ok_or(io::ErrorKind::InvalidData)?;
        let id = std::str::from_utf8(frame.event_id).ok().filter(|id| !id.is_empty());
        let found = Match { time: frame.mark.time, event_id: id, identity, texts: &texts };
        let rule = usize::try_from(frame.mark.rule).unwrap_or(usize::MAX);
        let rows = &mut self.rows;
        self.plan.rows(rule, &found, &mut |level, key, payload| rows[level].push(key, payload))
    }

    /// Runs the correlations and gives each finding, its correlation and its text, until `emit`
    /// answers `false` or the hunt stops. Gives how many correlations could not count exactly.
    pub(super) fn finish(
        mut self,
        signal: &Signal<'_>,
        emit: &mut dyn FnMut(usize, &[u8]) -> bool,
    ) -> io::Result<u64> {
        let plan = std::mem::take(&mut self.plan);
        let mut inexact = 0;
        for level in 0..plan.levels() {
            let rows = std::mem::replace(&mut self.rows[level], Sorter::new(0));
            let mut pass = Pass::new(&plan, self.window);
            rows.finish(&mut |key, payload| {
                pass.row(key, payload)?;
                for alert in pass.alerts.drain(..) {
                    self.alert(&plan, &alert)?;
                }
                Ok(!signal.stopped())
            })?;
            if signal.stopped() {
                return Ok(0);
            }
            pass.end()?;
            inexact += pass.inexact.len() as u64;
            for alert in pass.alerts {
                self.alert(&plan, &alert)?;
            }
        }
        self.found.finish(&mut |_, payload| {
            let Some((correlation, body)) = payload.split_first_chunk() else { return Ok(true) };
            let correlation = u64::from_le_bytes(*correlation);
            Ok(emit(usize::try_from(correlation).unwrap_or(usize::MAX), body))
        })?;
        Ok(inexact)
    }

    /// Gives a finding to the correlations above it, and renders it if it is reported.
    fn alert(&mut self, plan: &Plan, alert: &Alert) -> io::Result<()> {
        self.alerts += 1;
        let rows = &mut self.rows;
        plan.rows_of_alert(alert, self.alerts, &mut |level, key, payload| {
            rows[level].push(key, payload)
        })?;
        let correlation = &plan.correlations()[alert.correlation];
        if !correlation.reported {
            return Ok(());
        }
        let mut payload = (alert.correlation as u64).to_le_bytes().to_vec();
        self.format.render_correlation(&finding(correlation, alert), &mut payload);
        self.found.push(&place(alert), &payload)
    }
}

/// Where a finding stands among all: first event, rule, group.
fn place(alert: &Alert) -> Vec<u8> {
    let mut key = correlate::sortable(alert.first).to_vec();
    key.extend_from_slice(&(alert.correlation as u64).to_be_bytes());
    for text in &alert.group {
        correlate::push_text(text.as_deref(), &mut key);
    }
    key
}

fn finding<'a>(correlation: &'a LoadedCorrelation, alert: &'a Alert) -> CorrelationFinding<'a> {
    let names = correlation.correlation.body.group_by.iter().map(String::as_str);
    CorrelationFinding {
        rule: &correlation.correlation.head,
        kind: correlation.correlation.body.kind,
        group: names.zip(alert.group.iter().map(Option::as_deref)).collect(),
        count: alert.count,
        first: timestamp(alert.first),
        last: timestamp(alert.last),
        total: alert.total(),
        events: alert.events().map(|(time, id)| (timestamp(time), id)).collect(),
    }
}

/// Every time was a timestamp when it was read.
fn timestamp(time: i128) -> Timestamp {
    Timestamp::from_nanosecond(time).unwrap_or_default()
}
