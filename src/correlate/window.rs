//! Windows over the events of a group, in order of time.
//!
//! A maximal window is a longest run of events whose first and last are within the timespan. Each is
//! judged once, when the next event does not fit in any more; those that satisfy the condition and
//! share events become one finding.
//!
//! Memory is bounded: a long window waits on disk ([`Queue`]), a finding lists its first events and counts the
//! others, and an aggregate that has to hold too much says that it is not exact.

use std::{collections::BTreeSet, io};

use super::{
    aggregate::Aggregate,
    alert::Alert,
    held::Held,
    plan::Plan,
    queue::Queue,
    row::{self, Row},
};
use crate::rule::{LoadedCorrelation, Member};

/// Takes the rows of one level in their order and gives what the correlations find.
#[derive(Debug)]
pub struct Pass<'p> {
    plan: &'p Plan,
    key: Vec<u8>,
    group: Option<Group<'p>>,
    memory: usize,
    /// Correlations for which more was to be held than memory allows, so that their counts are lower bounds.
    pub inexact: BTreeSet<usize>,
    /// What was found since it was last taken out.
    pub alerts: Vec<Alert>,
}

impl<'p> Pass<'p> {
    /// A pass that has seen nothing and holds about `memory` bytes.
    pub fn new(plan: &'p Plan, memory: usize) -> Self {
        let (key, alerts, inexact) = Default::default();
        Self { plan, key, group: None, memory, inexact, alerts }
    }

    /// Takes the next row. An error means that it is none of those that were given out.
    pub fn row(&mut self, key: &[u8], payload: &[u8]) -> io::Result<()> {
        let row = Row::read(key, payload).ok_or(io::ErrorKind::InvalidData)?;
        if self.group.is_none() || self.key != row.group {
            self.end()?;
            let (at, texts) = row::read_group(row.group).ok_or(io::ErrorKind::InvalidData)?;
            let correlation = self.plan.correlations.get(at).ok_or(io::ErrorKind::InvalidData)?;
            self.key.clear();
            self.key.extend_from_slice(row.group);
            self.group = Some(Group::new(at, correlation, texts, self.memory));
        }
        if let Some(group) = &mut self.group {
            group.row(&row, &mut self.alerts)?;
        }
        Ok(())
    }

    /// No more rows: what is open is ended.
    pub fn end(&mut self) -> io::Result<()> {
        if let Some(group) = self.group.take() {
            let (at, is_exact) = group.end(&mut self.alerts)?;
            if !is_exact {
                self.inexact.insert(at);
            }
        }
        Ok(())
    }
}

/// One group of one correlation.
#[derive(Debug)]
struct Group<'p> {
    at: usize,
    correlation: &'p LoadedCorrelation,
    texts: Vec<Option<String>>,
    span: i128,
    /// The event that is being put together from its rows, and what they have in common.
    arriving: Option<Held>,
    arriving_key: Vec<u8>,
    /// The window; `position` is the number of its first event.
    held: Queue,
    position: u64,
    aggregate: Aggregate,
    open: Option<Open>,
    /// Its events are those of findings.
    over_findings: bool,
}

/// A finding that further windows may add to.
#[derive(Debug)]
struct Open {
    /// Number of its last event.
    last: u64,
    alert: Alert,
}

impl<'p> Group<'p> {
    fn new(
        at: usize,
        correlation: &'p LoadedCorrelation,
        texts: Vec<Option<String>>,
        memory: usize,
    ) -> Self {
        let over_findings = |member: &Member| matches!(member, Member::Correlation { .. });
        Self {
            at,
            correlation,
            texts,
            span: i128::from(correlation.correlation.body.timespan) * 1_000_000_000,
            arriving: None,
            arriving_key: Vec::new(),
            held: Queue::new(memory / 2),
            position: 0,
            aggregate: Aggregate::new(&correlation.correlation.body, memory / 2),
            open: None,
            over_findings: correlation.members.iter().any(over_findings),
        }
    }

    /// An event that several rules match comes as several rows, one after the other.
    fn row(&mut self, row: &Row<'_>, alerts: &mut Vec<Alert>) -> io::Result<()> {
        let counts_rules = self.correlation.correlation.body.kind.counts_rules();
        if let Some(event) = self.arriving.as_mut().filter(|_| self.arriving_key == row.event) {
            if counts_rules {
                event.places.push(row.place);
            }
            return Ok(());
        }
        let event = Held {
            time: row.time,
            places: if counts_rules { vec![row.place] } else { Vec::new() },
            value: row.value.into(),
            is_counted: false,
            events: row.events.into(),
            unlisted: row.unlisted,
        };
        self.arriving_key.clear();
        self.arriving_key.extend_from_slice(row.event);
        match self.arriving.replace(event) {
            Some(complete) => self.event(complete, alerts),
            None => Ok(()),
        }
    }

    fn event(&mut self, mut event: Held, alerts: &mut Vec<Alert>) -> io::Result<()> {
        let out = |first: &Held, span| event.time - first.time > span;
        if self.held.first().is_some_and(|first| out(first, self.span)) {
            self.judge(alerts);
            while self.held.first().is_some_and(|first| out(first, self.span)) {
                self.leave()?;
            }
        }
        event.is_counted = self.aggregate.add(&event);
        self.held.push(event)
    }

    /// The first event goes out of the window, and into the finding if it belongs to it.
    fn leave(&mut self) -> io::Result<()> {
        let Some(event) = self.held.pop()? else { return Ok(()) };
        if event.is_counted {
            self.aggregate.remove(&event);
        }
        if let Some(open) = self.open.as_mut().filter(|open| self.position <= open.last) {
            if self.over_findings { open.alert.unite(&event) } else { open.alert.add(&event) }
        }
        self.position += 1;
        Ok(())
    }

    /// The window is maximal: whether it satisfies the condition.
    fn judge(&mut self, alerts: &mut Vec<Alert>) {
        let (Some(first), Some(last)) = (self.held.first(), self.held.last()) else { return };
        let Some(value) = self.aggregate.value() else { return };
        let conditions = &self.correlation.correlation.body.condition;
        if !conditions.iter().all(|(operator, threshold)| operator.holds(value, *threshold)) {
            return;
        }
        let end = self.position + self.held.len() - 1;
        match &mut self.open {
            Some(open) if self.position <= open.last => {
                open.last = end;
                open.alert.last = last.time;
                if value > open.alert.count {
                    open.alert.count = value;
                }
            }
            _ => {
                let alert = Alert {
                    correlation: self.at,
                    group: self.texts.clone(),
                    count: value,
                    first: first.time,
                    last: last.time,
                    events: Vec::new(),
                    listed: 0,
                    unlisted: 0,
                };
                let before = self.open.replace(Open { last: end, alert });
                alerts.extend(before.map(|open| self.finished(open)));
            }
        }
    }

    /// Gives the number of the correlation, and whether all that it counted is exact.
    fn end(mut self, alerts: &mut Vec<Alert>) -> io::Result<(usize, bool)> {
        if let Some(last) = self.arriving.take() {
            self.event(last, alerts)?;
        }
        self.judge(alerts);
        while self.held.len() > 0 {
            self.leave()?;
        }
        let open = self.open.take();
        alerts.extend(open.map(|open| self.finished(open)));
        Ok((self.at, self.aggregate.is_exact()))
    }

    /// A finding over findings stands for the events of all of them, each once and in order of time.
    fn finished(&self, open: Open) -> Alert {
        let mut alert = open.alert;
        if self.over_findings {
            alert.settle();
        }
        alert
    }
}
