//! Windows over the events of a group, in order of time.
//!
//! A maximal window is a longest run of events whose first and last are within the timespan. Each is
//! judged once, when the next event does not fit in any more; those that satisfy the condition and
//! share events become one finding.

use std::{collections::VecDeque, io, mem};

use super::{
    Correlation, Member, Plan,
    aggregate::Aggregate,
    row::{self, Row},
};
use crate::sigma::Number;

/// What a correlation found.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Number of the correlation.
    pub correlation: usize,
    /// The group: a text for each name of `group-by`, `None` where events have nothing.
    pub group: Vec<Option<String>>,
    /// The value that was compared: the largest of the windows that were merged.
    pub count: Number,
    /// Time of the first event, in nanoseconds since the Unix epoch.
    pub first: i128,
    /// Time of the last event.
    pub last: i128,
    /// The events, packed.
    pub(super) events: Vec<u8>,
}

impl Alert {
    /// Times and ids of the events behind it, in order of time.
    pub fn events(&self) -> impl Iterator<Item = (i128, Option<&str>)> {
        row::events(&self.events)
    }
}

/// An event in a window.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) time: i128,
    /// Which of the correlation's rules it is a match of; empty where that does not count.
    pub(super) places: Vec<u16>,
    pub(super) value: Box<[u8]>,
    events: Box<[u8]>,
}

/// Takes the rows of one level in their order and gives what the correlations find.
#[derive(Debug)]
pub struct Pass<'p> {
    plan: &'p Plan,
    key: Vec<u8>,
    group: Option<Group<'p>>,
    /// What was found since it was last taken out.
    pub alerts: Vec<Alert>,
}

impl<'p> Pass<'p> {
    /// A pass that has seen nothing.
    pub fn new(plan: &'p Plan) -> Self {
        Self { plan, key: Vec::new(), group: None, alerts: Vec::new() }
    }

    /// Takes the next row. An error means that it is none of those that were given out.
    pub fn row(&mut self, key: &[u8], payload: &[u8]) -> io::Result<()> {
        let row = Row::read(key, payload).ok_or(io::ErrorKind::InvalidData)?;
        if self.group.is_none() || self.key != row.group {
            self.end();
            let (at, texts) = row::read_group(row.group).ok_or(io::ErrorKind::InvalidData)?;
            let correlation = self.plan.correlations.get(at).ok_or(io::ErrorKind::InvalidData)?;
            self.key.clear();
            self.key.extend_from_slice(row.group);
            self.group = Some(Group::new(at, correlation, texts));
        }
        if let Some(group) = &mut self.group {
            group.row(&row, &mut self.alerts);
        }
        Ok(())
    }

    /// No more rows: what is open is ended.
    pub fn end(&mut self) {
        if let Some(group) = self.group.take() {
            group.end(&mut self.alerts);
        }
    }
}

/// One group of one correlation.
#[derive(Debug)]
struct Group<'p> {
    at: usize,
    correlation: &'p Correlation,
    texts: Vec<Option<String>>,
    span: i128,
    /// The event that is being put together from its rows, and what they have in common.
    arriving: Option<Held>,
    arriving_key: Vec<u8>,
    /// The window; `position` is the number of its first event.
    held: VecDeque<Held>,
    position: u64,
    aggregate: Aggregate,
    open: Option<Open>,
}

/// A finding that further windows may add to.
#[derive(Debug)]
struct Open {
    /// Number of its last event.
    last: u64,
    alert: Alert,
}

impl<'p> Group<'p> {
    fn new(at: usize, correlation: &'p Correlation, texts: Vec<Option<String>>) -> Self {
        Self {
            at,
            correlation,
            texts,
            span: i128::from(correlation.body.timespan) * 1_000_000_000,
            arriving: None,
            arriving_key: Vec::new(),
            held: VecDeque::new(),
            position: 0,
            aggregate: Aggregate::new(&correlation.body),
            open: None,
        }
    }

    /// An event that several rules match comes as several rows, one after the other.
    fn row(&mut self, row: &Row<'_>, alerts: &mut Vec<Alert>) {
        let counts_rules = self.correlation.body.kind.counts_rules();
        if let Some(event) = self.arriving.as_mut().filter(|_| self.arriving_key == row.event) {
            if counts_rules {
                event.places.push(row.place);
            }
            return;
        }
        let event = Held {
            time: row.time,
            places: if counts_rules { vec![row.place] } else { Vec::new() },
            value: row.value.into(),
            events: row.events.into(),
        };
        self.arriving_key.clear();
        self.arriving_key.extend_from_slice(row.event);
        if let Some(complete) = self.arriving.replace(event) {
            self.event(complete, alerts);
        }
    }

    fn event(&mut self, event: Held, alerts: &mut Vec<Alert>) {
        let out = |first: &Held, span| event.time - first.time > span;
        if self.held.front().is_some_and(|first| out(first, self.span)) {
            self.judge(alerts);
            while self.held.front().is_some_and(|first| out(first, self.span)) {
                self.leave();
            }
        }
        self.aggregate.add(&event);
        self.held.push_back(event);
    }

    /// The first event goes out of the window, and into the finding if it belongs to it.
    fn leave(&mut self) {
        let Some(event) = self.held.pop_front() else { return };
        self.aggregate.remove(&event);
        if let Some(open) = self.open.as_mut().filter(|open| self.position <= open.last) {
            open.alert.events.extend_from_slice(&event.events);
        }
        self.position += 1;
    }

    /// The window is maximal: whether it satisfies the condition.
    fn judge(&mut self, alerts: &mut Vec<Alert>) {
        let (Some(first), Some(last)) = (self.held.front(), self.held.back()) else { return };
        let Some(value) = self.aggregate.value() else { return };
        let conditions = &self.correlation.body.condition;
        if !conditions.iter().all(|(operator, threshold)| operator.holds(value, *threshold)) {
            return;
        }
        let end = self.position + self.held.len() as u64 - 1;
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
                };
                let before = self.open.replace(Open { last: end, alert });
                alerts.extend(before.map(|open| self.finished(open)));
            }
        }
    }

    fn end(mut self, alerts: &mut Vec<Alert>) {
        if let Some(last) = self.arriving.take() {
            self.event(last, alerts);
        }
        self.judge(alerts);
        while !self.held.is_empty() {
            self.leave();
        }
        let open = self.open.take();
        alerts.extend(open.map(|open| self.finished(open)));
    }

    /// A finding over findings stands for the events of all of them, each once and in order of time.
    fn finished(&self, open: Open) -> Alert {
        let mut alert = open.alert;
        let over_findings = |member: &Member| matches!(member, Member::Correlation { .. });
        if self.correlation.members.iter().any(over_findings) {
            let packed = mem::take(&mut alert.events);
            let mut events: Vec<_> = row::events(&packed).collect();
            events.sort_unstable();
            events.dedup_by(|a, b| a.1.is_some() && a == b);
            for (time, id) in events {
                row::push_event(time, id, &mut alert.events);
            }
        }
        alert
    }
}
