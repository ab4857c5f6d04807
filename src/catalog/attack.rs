//! The names of ATT&CK: what the tags of rules stand for.
//!
//! The table is ours and covers the enterprise matrix; what it does not know is still shown, by its id.
//! Tags are read in both spellings and in any case (`attack.t1078.004`, `attack.T1078.004`,
//! `attack.defense_evasion`, `attack.defense-evasion`), and old names beside new ones: ATT&CK 19 made two
//! tactics of Defense Evasion.

use std::{collections::HashMap, sync::LazyLock};

use serde::Serialize;

/// The version of ATT&CK that the table has the names of.
pub(super) const VERSION: &str = "19";

/// The version before it, and the first id that it did not have.
const BEFORE: &str = "18";
const FIRST_NEW: &str = "T1684";

/// The table: `id | name | tactics`, and the id that a replaced technique has now.
const TABLE: &str = include_str!("attack.txt");

/// A tactic of ATT&CK.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Tactic {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    /// As tags have it.
    pub(super) tag: &'static str,
}

/// In the order of the matrix.
pub(super) static TACTICS: [Tactic; 16] = [
    tactic("TA0043", "Reconnaissance", "reconnaissance"),
    tactic("TA0042", "Resource Development", "resource-development"),
    tactic("TA0001", "Initial Access", "initial-access"),
    tactic("TA0002", "Execution", "execution"),
    tactic("TA0003", "Persistence", "persistence"),
    tactic("TA0004", "Privilege Escalation", "privilege-escalation"),
    tactic("TA0005", "Defense Evasion", OLD),
    tactic("TA0005", "Stealth", "stealth"),
    tactic("TA0112", "Defense Impairment", "defense-impairment"),
    tactic("TA0006", "Credential Access", "credential-access"),
    tactic("TA0007", "Discovery", "discovery"),
    tactic("TA0008", "Lateral Movement", "lateral-movement"),
    tactic("TA0009", "Collection", "collection"),
    tactic("TA0011", "Command and Control", "command-and-control"),
    tactic("TA0010", "Exfiltration", "exfiltration"),
    tactic("TA0040", "Impact", "impact"),
];

/// The tactic that ATT&CK 19 made two of.
const OLD: &str = "defense-evasion";

const fn tactic(id: &'static str, name: &'static str, tag: &'static str) -> Tactic {
    Tactic { id, name, tag }
}

/// What the table says of a technique.
#[derive(Debug)]
struct Known {
    /// With the name of its technique before it, for a sub-technique.
    name: String,
    /// Places in [`TACTICS`].
    tactics: Vec<usize>,
    now: Option<&'static str>,
}

static KNOWN: LazyLock<HashMap<&'static str, Known>> = LazyLock::new(|| {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    let rows: Vec<Vec<&str>> = rows.map(|line| line.split('|').map(str::trim).collect()).collect();
    let own: HashMap<&str, &str> =
        rows.iter().filter_map(|row| Some((*row.first()?, *row.get(1)?))).collect();
    let known = rows.iter().filter_map(|row| {
        let [id, name, tactics, now @ ..] = row.as_slice() else { return None };
        let above = id.split_once('.').and_then(|(above, _)| own.get(above));
        let name = above.map_or_else(|| (*name).to_owned(), |above| format!("{above}: {name}"));
        let tactics = tactics.split_whitespace().filter_map(place).collect();
        Some((*id, Known { name, tactics, now: now.first().copied() }))
    });
    known.collect()
});

/// The place of the tactic with that tag, which is in lower case and has dashes.
fn place(tag: &str) -> Option<usize> {
    TACTICS.iter().position(|tactic| tactic.tag == tag)
}

/// A technique as a rule names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Technique {
    /// In upper case, as ATT&CK writes it.
    pub(super) id: String,
    /// Unknown to the table: `None`.
    pub(super) name: Option<&'static str>,
    /// The id that has replaced it.
    pub(super) now: Option<&'static str>,
}

impl Technique {
    fn new(id: String) -> Self {
        let known = KNOWN.get(id.as_str());
        Self { name: known.map(|it| it.name.as_str()), now: known.and_then(|it| it.now), id }
    }

    /// Where ATT&CK describes it.
    pub(super) fn address(&self) -> String {
        format!("https://attack.mitre.org/techniques/{}/", self.id.replace('.', "/"))
    }
}

/// A tactic with the techniques that a rule covers there.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// `None` for techniques of which no tactic is known.
    pub(super) tactic: Option<&'static Tactic>,
    pub(super) techniques: Vec<Technique>,
}

/// What the tags of a rule say.
#[derive(Debug, Serialize)]
pub(super) struct Coverage<'s> {
    /// In the order of the matrix.
    pub(super) rows: Vec<Row>,
    /// Every other tag, as written.
    pub(super) other: Vec<&'s str>,
}

/// What one tag says.
enum Tag {
    Tactic(usize),
    Technique(String),
    Other,
}

fn read(tag: &str) -> Tag {
    let tag = tag.trim().to_ascii_lowercase();
    let Some(named) = tag.strip_prefix("attack.") else { return Tag::Other };
    if is_technique(named) {
        return Tag::Technique(named.to_ascii_uppercase());
    }
    place(&named.replace('_', "-")).map_or(Tag::Other, Tag::Tactic)
}

/// `t` and four digits, for a sub-technique a dot and three more.
fn is_technique(text: &str) -> bool {
    let digits =
        |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    let Some(number) = text.strip_prefix('t') else { return false };
    match number.split_once('.') {
        None => digits(number, 4),
        Some((technique, sub)) => digits(technique, 4) && digits(sub, 3),
    }
}

/// The ids of the techniques that tags name, each once, in their order.
pub fn techniques(tags: &[String]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for tag in tags {
        if let Tag::Technique(id) = read(tag)
            && !ids.contains(&id)
        {
            ids.push(id);
        }
    }
    ids
}

/// Reads the id of a technique, in any case; `None` if it is not one.
pub fn technique(id: &str) -> Option<String> {
    let id = id.trim().to_ascii_lowercase();
    is_technique(&id).then(|| id.to_ascii_uppercase())
}

/// Whether `id` is the technique `wanted` or one of its sub-techniques.
pub fn is_within(id: &str, wanted: &str) -> bool {
    id.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The version of ATT&CK that has the most of these techniques: the one before, if some are replaced
/// since and none is newer.
pub(super) fn version(ids: &[&str]) -> &'static str {
    let newer = ids.iter().any(|id| *id >= FIRST_NEW);
    let replaced = |id: &&str| KNOWN.get(id).is_some_and(|known| known.now.is_some());
    if !newer && ids.iter().any(replaced) { BEFORE } else { VERSION }
}

/// What the tags of a rule cover.
///
/// A technique belongs to several tactics. It stands under those that the rule names too, and if that
/// is none, under all of its own.
pub(super) fn coverage(tags: &[String]) -> Coverage<'_> {
    let mut under: Vec<Vec<Technique>> = TACTICS.iter().map(|_| Vec::new()).collect();
    let mut named = [false; TACTICS.len()];
    let mut other: Vec<&str> = Vec::new();
    for tag in tags {
        match read(tag) {
            Tag::Tactic(at) => named[at] = true,
            Tag::Technique(_) => {}
            Tag::Other => other.push(tag),
        }
    }
    let mut unplaced = Vec::new();
    for id in techniques(tags) {
        let own = KNOWN.get(id.as_str()).map_or(&[][..], |known| &known.tactics);
        let meant: Vec<usize> =
            (0..TACTICS.len()).filter(|&at| named[at] && fits(at, own)).collect();
        let technique = Technique::new(id);
        for &at in if meant.is_empty() { own } else { &meant } {
            under[at].push(technique.clone());
        }
        if own.is_empty() {
            unplaced.push(technique);
        }
    }
    let mut rows: Vec<Row> = TACTICS
        .iter()
        .zip(under)
        .zip(named)
        .filter(|((_, techniques), named)| *named || !techniques.is_empty())
        .map(|((tactic, techniques), _)| Row { tactic: Some(tactic), techniques })
        .collect();
    if !unplaced.is_empty() {
        rows.push(Row { tactic: None, techniques: unplaced });
    }
    Coverage { rows, other }
}

/// Whether a technique of the tactics `own` is one of the tactic at `named`, by its old name or its new.
fn fits(named: usize, own: &[usize]) -> bool {
    let successor = |at: &usize| matches!(TACTICS[*at].tag, "stealth" | "defense-impairment");
    match TACTICS[named].tag {
        OLD => own.iter().any(|at| *at == named || successor(at)),
        "stealth" | "defense-impairment" => {
            own.iter().any(|at| *at == named || TACTICS[*at].tag == OLD)
        }
        _ => own.contains(&named),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(tags: &[&str]) -> Vec<(Option<&'static str>, Vec<String>)> {
        let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let rows = coverage(&tags).rows;
        let ids = |row: Row| row.techniques.into_iter().map(|technique| technique.id).collect();
        rows.into_iter().map(|row| (row.tactic.map(|tactic| tactic.name), ids(row))).collect()
    }

    #[test]
    fn the_table_is_whole() {
        assert!(KNOWN.len() > 700, "{}", KNOWN.len());
        assert_eq!(KNOWN.len(), TABLE.lines().filter(|line| !line.starts_with('#')).count());
        for (id, known) in &*KNOWN {
            assert!(is_technique(&id.to_lowercase()), "{id}");
            assert!(!known.name.is_empty() && !known.tactics.is_empty(), "{id}");
            assert!(known.now.is_none_or(|now| KNOWN.contains_key(now)), "{id}");
            assert!(!id.contains('.') || known.name.contains(": "), "{id}");
        }
    }

    #[test]
    fn both_spellings_are_the_same() {
        for tags in [
            ["attack.lateral-movement", "attack.t1550.001"],
            ["attack.lateral_movement", "attack.T1550.001"],
            ["ATTACK.Lateral_Movement", "Attack.t1550.001"],
        ] {
            assert_eq!(rows(&tags), [(Some("Lateral Movement"), vec!["T1550.001".to_owned()])]);
        }
    }

    #[test]
    fn a_technique_stands_under_the_tactics_the_rule_names_or_under_its_own() {
        assert_eq!(
            rows(&["attack.persistence", "attack.t1078.004"]),
            [(Some("Persistence"), vec!["T1078.004".to_owned()])]
        );
        let own: Vec<_> =
            rows(&["attack.impact", "attack.t1078"]).into_iter().map(|row| row.0).collect();
        assert_eq!(
            own,
            [
                Some("Initial Access"),
                Some("Persistence"),
                Some("Privilege Escalation"),
                Some("Stealth"),
                Some("Impact")
            ]
        );
    }

    #[test]
    fn old_and_new_names_of_a_tactic_meet() {
        for (tactic, technique, shown) in [
            ("attack.defense-evasion", "attack.t1562.008", "Defense Evasion"),
            ("attack.defense-evasion", "attack.t1685.002", "Defense Evasion"),
            ("attack.defense-impairment", "attack.t1685.002", "Defense Impairment"),
            ("attack.defense_impairment", "attack.t1562.008", "Defense Impairment"),
            ("attack.stealth", "attack.t1078.004", "Stealth"),
        ] {
            let rows = rows(&[tactic, technique]);
            assert_eq!(rows.len(), 1, "{tactic} {technique}: {rows:?}");
            assert_eq!(rows[0].0, Some(shown));
        }
        assert_eq!(Technique::new("T1562.008".to_owned()).now, Some("T1685.002"));
    }

    #[test]
    fn a_version_is_that_of_the_techniques() {
        assert_eq!(version(&["T1078.004", "T1562.008"]), "18");
        assert_eq!(version(&["T1685.002", "T1562.008"]), "19");
        assert_eq!(version(&["T1078.004"]), "19");
        let replaced = KNOWN.iter().filter(|(_, known)| known.now.is_some());
        assert!(
            replaced.clone().all(|(id, known)| *id < FIRST_NEW && known.now >= Some(FIRST_NEW))
        );
        assert!(replaced.count() > 10);
    }

    #[test]
    fn what_is_unknown_is_kept() {
        let tags = ["attack.t9999".to_owned(), "cve.2024-1".to_owned(), "attack.s0002".to_owned()];
        let coverage = coverage(&tags);
        assert_eq!(coverage.other, ["cve.2024-1", "attack.s0002"]);
        assert!(coverage.rows[0].tactic.is_none());
        assert_eq!(coverage.rows[0].techniques[0].name, None);
    }

    #[test]
    fn a_technique_includes_its_subs_and_nothing_else() {
        assert!(is_within("T1078.004", "T1078") && is_within("T1078", "T1078"));
        assert!(!is_within("T1078", "T1078.004") && !is_within("T10781", "T1078"));
        assert_eq!(technique(" t1078.004"), Some("T1078.004".to_owned()));
        assert_eq!(technique("T107"), None);
        assert_eq!(technique("1078"), None);
    }
}
