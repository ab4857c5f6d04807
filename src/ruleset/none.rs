//! Why none of the loaded documents runs, in words.

use super::{NotRunReason, RuleSet};

impl RuleSet {
    /// Why no rule runs; nothing if one does. A fragment that begins a sentence.
    pub fn why_none_runs(&self) -> Option<String> {
        if !self.rules.is_empty() || !self.correlations.is_empty() {
            return None;
        }
        let rules = |count: usize| if count == 1 { "rule" } else { "rules" };
        let other = self.not_run.iter().filter(|it| it.reason == NotRunReason::OtherLogSource);
        let mut why = Vec::new();
        if self.not_chosen > 0 {
            let count = self.not_chosen;
            why.push(format!(
                "none of the {count} {} is chosen by --rule, --exclude-rule and --level",
                rules(count)
            ));
        }
        if let Some(first) = other.clone().next() {
            let count = other.count();
            let file = self.files.get(first.file).map_or("", |file| file.name.as_str());
            let source = first.log_source.as_deref().unwrap_or_default();
            let more = if count > 1 { ", ..." } else { "" };
            why.push(format!(
                "none of the {count} {} is for CloudTrail ({file}: {source}{more})",
                rules(count)
            ));
        }
        let unsupported =
            self.not_run.iter().filter(|it| it.reason == NotRunReason::Unsupported).count();
        if unsupported > 0 {
            let have = if unsupported == 1 { "document has" } else { "documents have" };
            why.push(format!("{unsupported} {have} the status unsupported"));
        }
        let idle = self.not_run.iter().filter(|it| it.reason == NotRunReason::NoRuleRuns).count();
        if idle > 0 {
            let are = if idle == 1 { "correlation is" } else { "correlations are" };
            why.push(format!("{idle} {are} over rules that do not run"));
        }
        if self.refused > 0 {
            let are = if self.refused == 1 { "document is" } else { "documents are" };
            why.push(format!("{} {are} refused", self.refused));
        }
        if why.is_empty() {
            let filters = self.filters.len();
            why.push(match filters {
                0 => "the rule files hold no rule".to_owned(),
                1 => "there is 1 filter and no rule; a filter only narrows the rules it names, so add these or -r builtin".to_owned(),
                _ => format!("there are {filters} filters and no rule; a filter only narrows the rules it names, so add these or -r builtin"),
            });
        }
        Some(why.join("; "))
    }
}
