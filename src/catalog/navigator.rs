//! Techniques as a layer of the ATT&CK Navigator.

use std::collections::BTreeMap;

use serde::Serialize;

use super::attack::{techniques, version};
use crate::text::escape;

/// The version of the layer format, and of the Navigator that came with it.
const LAYER: &str = "4.5";
const NAVIGATOR: &str = "5.1.0";

/// At most so many titles stand in the comment of a technique.
const MOST_TITLES: usize = 100;

/// A layer as the Navigator reads it, in the order that its own files have.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    name: &'static str,
    versions: Versions,
    domain: &'static str,
    description: String,
    sorting: u8,
    hide_disabled: bool,
    techniques: Vec<Scored>,
    gradient: Gradient,
    select_techniques_across_tactics: bool,
    select_subtechniques_with_parent: bool,
}

#[derive(Serialize)]
struct Versions {
    attack: &'static str,
    navigator: &'static str,
    layer: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Scored {
    #[serde(rename = "techniqueID")]
    id: String,
    score: usize,
    comment: String,
    enabled: bool,
    show_subtechniques: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Gradient {
    colors: [&'static str; 2],
    min_value: usize,
    max_value: usize,
}

/// A layer in which each technique has the number of documents that cover it as its score, and their
/// titles as its comment. Documents are titles and tags.
pub fn layer<'t>(documents: impl Iterator<Item = (&'t str, &'t [String])>) -> String {
    let mut covered: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut count = 0;
    for (title, tags) in documents {
        count += 1;
        for id in techniques(tags) {
            covered.entry(id).or_default().push(title);
        }
    }
    let scored = |(id, titles): (&String, &Vec<&str>)| {
        // Ids are sorted, so the sub-techniques of one follow it.
        let next = covered.range(id.clone()..).nth(1);
        Scored {
            score: titles.len(),
            comment: comment(titles),
            enabled: true,
            show_subtechniques: next.is_some_and(|(other, _)| is_sub(other, id)),
            id: id.clone(),
        }
    };
    let layer = Layer {
        name: "backtrail rules",
        versions: Versions {
            attack: version(&covered.keys().map(String::as_str).collect::<Vec<_>>()),
            navigator: NAVIGATOR,
            layer: LAYER,
        },
        domain: "enterprise-attack",
        description: format!(
            "Techniques covered by {count} rules and correlations; the score is how many."
        ),
        sorting: 3,
        hide_disabled: false,
        techniques: covered.iter().map(scored).collect(),
        gradient: Gradient {
            colors: ["#d7e8e8", "#0f5c63"],
            min_value: 0,
            max_value: covered.values().map(Vec::len).max().unwrap_or(0).max(1),
        },
        select_techniques_across_tactics: true,
        select_subtechniques_with_parent: false,
    };
    // Nothing here has a key that is no text, which is all that could fail.
    escape::json_text(&layer).unwrap_or_default()
}

fn is_sub(id: &str, technique: &str) -> bool {
    id.strip_prefix(technique).is_some_and(|rest| rest.starts_with('.'))
}

fn comment(titles: &[&str]) -> String {
    let more = titles.len().saturating_sub(MOST_TITLES);
    let listed = titles.iter().take(MOST_TITLES).copied().collect::<Vec<_>>().join("\n");
    if more > 0 { format!("{listed}\nand {more} more") } else { listed }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_layer_scores_techniques_by_rules() {
        let tags = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
        let one = tags(&["attack.T1078.004", "attack.t1098", "attack.t1098"]);
        let two = tags(&["attack.t1078.004", "attack.persistence"]);
        let layer = layer([("One", one.as_slice()), ("Two", two.as_slice())].into_iter());
        let layer: Value = serde_json::from_str(&layer).expect("JSON");
        assert_eq!(layer["domain"], "enterprise-attack");
        assert_eq!(layer["versions"]["layer"], "4.5");
        assert_eq!(layer["gradient"]["maxValue"], 2);
        let techniques = layer["techniques"].as_array().expect("a list");
        assert_eq!(techniques.len(), 2);
        assert_eq!(techniques[0]["techniqueID"], "T1078.004");
        assert_eq!(techniques[0]["score"], 2);
        assert_eq!(techniques[0]["comment"], "One\nTwo");
        assert_eq!(techniques[1]["score"], 1);
    }
}
