//! What the bounds of a hunt ruled out, and what is reported when nothing remains to be searched.
//!
//! "Found nothing" means something only if a `CloudTrail` log was searched by a rule. Otherwise the
//! hunt fails, and says what the archive holds instead of what was asked for.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use jiff::civil::Date;

use super::{hunted::HuntError, spec::Bounds};
use crate::{
    cloudtrail::Key,
    coverage::{Coverage, FileCovered},
    text::counted,
};

/// Accounts and regions that are named in a message.
const NAMED: usize = 16;

/// The keys of files that were not opened. Bounded: there may be millions.
#[derive(Debug, Default)]
pub(super) struct RuledOut(Mutex<Keys>);

#[derive(Debug, Default)]
struct Keys {
    accounts: Names,
    regions: Names,
    days: Option<(Date, Date)>,
}

/// The first names in their order, and which of those asked for were met at all.
#[derive(Debug, Default)]
struct Names {
    first: BTreeSet<String>,
    more: bool,
    asked_for: BTreeSet<String>,
}

impl Names {
    fn add(&mut self, name: &str, asked_for: &[String]) {
        if asked_for.iter().any(|asked| asked == name) && !self.asked_for.contains(name) {
            self.asked_for.insert(name.to_owned());
        }
        let is_last = self.first.last().is_some_and(|last| last.as_str() < name);
        if self.first.contains(name) || (self.more && is_last) {
            return;
        }
        self.first.insert(name.to_owned());
        if self.first.len() > NAMED {
            self.first.pop_last();
            self.more = true;
        }
    }
}

impl RuledOut {
    /// Notes the key of a file that is not opened because of `bounds`.
    pub(super) fn add(&self, key: &Key<'_>, bounds: &Bounds) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.accounts.add(key.account, &bounds.accounts);
        keys.regions.add(key.region, &bounds.regions);
        let (first, last) = keys.days.unwrap_or((key.day, key.day));
        keys.days = Some((first.min(key.day), last.max(key.day)));
    }
}

/// What a hunt was asked to search.
pub(super) struct Scope<'h> {
    pub(super) bounds: &'h Bounds,
    pub(super) ruled_out: &'h RuledOut,
    /// The inputs by name; the first few, and how many there are.
    pub(super) inputs: (Vec<String>, usize),
    /// Files that globs left out.
    pub(super) excluded: u64,
    /// Files that a sample left out.
    pub(super) left_out: u64,
    /// Why no rule runs, if none does.
    pub(super) no_rule: Option<String>,
}

impl Scope<'_> {
    /// The names of inputs as far as messages need them.
    pub(super) fn names(inputs: &[crate::archive::Input]) -> (Vec<String>, usize) {
        use crate::archive::Input;
        let name = |input: &Input| match input {
            Input::Path(name) | Input::Moved { name, .. } => name.display().to_string(),
            Input::Stdin => "standard input".to_owned(),
        };
        (inputs.iter().take(3).map(name).collect(), inputs.len())
    }

    /// Messages about requested accounts and regions that no file has: one for accounts, one for regions.
    pub(super) fn without_files(&self, coverage: &Coverage) -> Vec<String> {
        let keys = self.ruled_out.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut met = (keys.accounts.asked_for.clone(), keys.regions.asked_for.clone());
        for cell in &coverage.grid {
            met.0.insert(cell.account.clone());
            met.1.insert(cell.region.clone());
        }
        let unmet = |asked: &[String], met: &BTreeSet<String>| -> Vec<String> {
            let is_met = |name: &String| met.iter().any(|met| met.eq_ignore_ascii_case(name));
            asked.iter().filter(|name| !is_met(name)).cloned().collect()
        };
        let is_all_met = |met: &(BTreeSet<String>, BTreeSet<String>)| {
            unmet(&self.bounds.accounts, &met.0).is_empty()
                && unmet(&self.bounds.regions, &met.1).is_empty()
        };
        if !is_all_met(&met) {
            // Files that are not searched have no cell in the grid.
            for file in coverage.files.iter().flatten() {
                if let Some(key) = Key::parse(&file.name) {
                    met.0.insert(key.account.to_owned());
                    met.1.insert(key.region.to_owned());
                }
            }
        }
        let accounts = unmet(&self.bounds.accounts, &met.0);
        let regions = unmet(&self.bounds.regions, &met.1);
        let mut messages = Vec::new();
        if let Some(first) = accounts.first() {
            let what = match accounts.iter().find(|account| !is_account(account)) {
                Some(odd) => format!("{odd:?} is not a 12-digit account ID"),
                None if accounts.len() > 1 => {
                    format!("no file is of the accounts {}", accounts.join(", "))
                }
                None => format!("no file is of account {first}"),
            };
            messages.push(format!("{what}{}", there("accounts", &keys.accounts, &met.0)));
        }
        if !regions.is_empty() {
            let what = format!("no file is of region {}", regions.join(", "));
            messages.push(format!("{what}{}", there("regions", &keys.regions, &met.1)));
        }
        messages
    }

    /// Why nothing was searched, if nothing was. Files that failed are another matter: then coverage
    /// is incomplete.
    pub(super) fn failure(&self, coverage: &Coverage) -> Option<HuntError> {
        let searched = coverage.count("read") + coverage.count("salvaged");
        if let Some(why) = &self.no_rule {
            return Some(HuntError::NoRule(why.clone()));
        }
        let files = coverage.totals.files;
        if searched + coverage.count("failed") > 0 || (files == 0 && self.left_out > 0) {
            return None;
        }
        let why = if coverage.pruned.files > 0 {
            self.why_ruled_out(coverage)
        } else if files > 0 {
            why_skipped(coverage)
        } else if self.excluded > 0 {
            let files = match self.excluded {
                1 => "the only file".to_owned(),
                files => format!("all {}", counted(files, "file")),
            };
            format!("--exclude leaves out {files}; nothing was searched")
        } else {
            let hold = if self.inputs.1 == 1 { "holds" } else { "hold" };
            format!("{} {hold} no files; nothing was searched", self.inputs_named())
        };
        Some(HuntError::NothingSearched(why))
    }

    fn inputs_named(&self) -> String {
        let (names, count) = &self.inputs;
        match count.saturating_sub(names.len()) {
            0 if names.is_empty() => "the inputs".to_owned(),
            0 => names.join(", "),
            more => format!("{} and {more} more inputs", names.join(", ")),
        }
    }

    fn why_ruled_out(&self, coverage: &Coverage) -> String {
        let unmet = self.without_files(coverage);
        if !unmet.is_empty() {
            return unmet.join("; ");
        }
        let pruned = &coverage.pruned;
        let bounds: Vec<_> =
            pruned.bounds.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let keys = self.ruled_out.0.lock().unwrap_or_else(PoisonError::into_inner);
        let days = match keys.days {
            Some((first, last)) if first == last => format!("; they are of {first}"),
            Some((first, last)) => format!("; they are of {first} to {last}"),
            None => String::new(),
        };
        let files = match pruned.files {
            1 => "the only file is".to_owned(),
            files => format!("all {} are", counted(files, "file")),
        };
        format!("{files} outside the bounds ({}){days}; nothing was searched", bounds.join(", "))
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What the archive has instead.
fn there(what: &str, names: &Names, met: &BTreeSet<String>) -> String {
    let all: BTreeSet<&str> = names.first.iter().chain(met).map(String::as_str).collect();
    let more = names.more || all.len() > NAMED;
    let named: Vec<_> = all.into_iter().take(NAMED).collect();
    match named.len() {
        0 => format!("; the names of these files tell no {what}"),
        _ if more => format!("; this archive has {}, and more", named.join(", ")),
        _ => format!("; this archive has {}", named.join(", ")),
    }
}

fn why_skipped(coverage: &Coverage) -> String {
    let files = coverage.totals.files;
    let first = coverage.files.iter().flatten().next();
    let first = first.map_or_else(String::new, |file| {
        let FileCovered { name, reasons, .. } = file;
        let reason = reasons.join("; ");
        if files == 1 { format!(" ({reason})") } else { format!(" ({name}: {reason})") }
    });
    let what = match (files, coverage.files.iter().flatten().next()) {
        (1, Some(file)) => format!("{} is not a CloudTrail log", file.name),
        _ => format!("none of the {} is a CloudTrail log", counted(files, "file")),
    };
    format!("{what}{first}; nothing was searched")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(asked_for: &[&str], met: &[&str]) -> Names {
        let asked_for: Vec<_> = asked_for.iter().map(ToString::to_string).collect();
        let mut names = Names::default();
        for name in met {
            names.add(name, &asked_for);
        }
        names
    }

    #[test]
    fn the_names_kept_do_not_depend_on_the_order_in_which_they_come() {
        let many: Vec<_> = (0..100).map(|number| format!("{number:03}")).collect();
        let forward: Vec<_> = many.iter().map(String::as_str).collect();
        let backward: Vec<_> = forward.iter().rev().copied().collect();
        let [one, other] = [&forward, &backward].map(|order| names(&["070"], order));
        assert_eq!(one.first, other.first);
        assert_eq!(one.first.len(), NAMED);
        assert!(one.more && other.more);
        assert!(one.asked_for.contains("070") && other.asked_for.contains("070"));
        assert!(!names(&[], &forward[..NAMED]).more);
    }
}
