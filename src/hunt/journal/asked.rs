//! What a hunt is asked for, as far as it must be the same when the hunt goes on.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::hunt::record::ToolNamed;

/// Characters of a value that are shown.
const SHOWN: usize = 80;

/// What a hunt is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Asked {
    tool: ToolNamed,
    /// When it began, RFC 3339.
    pub started: String,
    /// What must be the same, by name. The parts of a value that has parts are told one by one.
    pub same: BTreeMap<String, Value>,
    /// What stays as it was in the beginning.
    pub kept: Value,
}

impl Asked {
    /// What a hunt that begins now is asked for.
    pub fn new(same: BTreeMap<String, Value>, kept: Value) -> Self {
        Self { tool: ToolNamed::this(), started: String::new(), same, kept }
    }

    /// What is not the same now, in words.
    pub(super) fn differences(&self, now: &Self) -> Vec<String> {
        let mut told = Vec::new();
        if self.tool != now.tool {
            told.push(format!(
                "it was begun by {} {}, and this is {} {}",
                self.tool.name, self.tool.version, now.tool.name, now.tool.version
            ));
        }
        let names: BTreeSet<_> = self.same.keys().chain(now.same.keys()).collect();
        for name in names {
            let (was, is) = (self.same.get(name), now.same.get(name));
            match (was, is) {
                (Some(was), Some(is)) if was == is => {}
                (Some(Value::Object(was)), Some(Value::Object(is))) => {
                    let parts: BTreeSet<_> = was.keys().chain(is.keys()).collect();
                    told.extend(parts.into_iter().filter_map(|part| {
                        let what = match (was.get(part), is.get(part)) {
                            (was, is) if was == is => return None,
                            (_, None) => "is gone",
                            (None, _) => "is new",
                            _ => "is not what it was",
                        };
                        Some(format!("{name}: {part} {what}"))
                    }));
                }
                _ => told.push(format!("{name} was {}, and is {}", shown(was), shown(is))),
            }
        }
        told
    }
}

fn shown(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => "not given".to_owned(),
        Some(value) => value.to_string(),
    };
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(same: &Value) -> Asked {
        let same = same.as_object().expect("an object").clone();
        Asked::new(same.into_iter().collect(), Value::Null)
    }

    #[test]
    fn each_difference_is_told_by_its_name() {
        let was = asked(&json!({
            "--sort": "file", "--limit": null, "--from": "x", "rules": {"a": 1, "b": 1, "c": 1}
        }));
        let is = asked(&json!({
            "--sort": "time", "--limit": 5, "--from": "x", "rules": {"a": 1, "b": 2, "d": 1}
        }));
        assert_eq!(
            was.differences(&is),
            [
                "--limit was not given, and is 5",
                r#"--sort was "file", and is "time""#,
                "rules: b is not what it was",
                "rules: c is gone",
                "rules: d is new",
            ]
        );
        assert!(was.differences(&was).is_empty());
    }

    #[test]
    fn another_version_of_the_program_is_a_difference() {
        let was = asked(&json!({}));
        let tool = ToolNamed { version: "0.0.0".to_owned(), ..ToolNamed::this() };
        let told = Asked { tool, ..was.clone() }.differences(&was);
        assert!(told[0].contains("begun by backtrail 0.0.0"), "{told:?}");
    }
}
