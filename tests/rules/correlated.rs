//! Each of our correlations has its examples, of both kinds.

use std::{collections::BTreeSet, fs, path::Path};

use serde::Deserialize;
use serde_json::Value;

/// One file of `testdata/rules/` that belongs to a correlation.
#[derive(Debug, Deserialize)]
struct Examples {
    correlation: String,
    found: Vec<Value>,
    not_found: Vec<Value>,
}

/// Whether these are examples of a correlation, which have another form.
pub(crate) fn are_of_a_correlation(text: &str) -> bool {
    let examples: Value = serde_json::from_str(text).unwrap_or_default();
    examples.get("correlation").is_some()
}

fn examples() -> Vec<(String, Examples)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/rules");
    let mut found = Vec::new();
    for folder in crate::entries(&top).into_iter().filter(|path| path.is_dir()) {
        for file in crate::entries(&folder) {
            let text = fs::read_to_string(&file).expect("UTF-8");
            if are_of_a_correlation(&text) {
                let examples = serde_json::from_str(&text)
                    .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                let name = file.with_extension("");
                let name = name.strip_prefix(&top).expect("it stands below").display().to_string();
                found.push((name, examples));
            }
        }
    }
    found
}

#[test]
fn correlations_and_examples_belong_together() {
    let set = crate::rules();
    let examples = examples();
    let with_examples: BTreeSet<(&str, String)> = examples
        .iter()
        .map(|(name, examples)| {
            assert!(!examples.found.is_empty() && !examples.not_found.is_empty(), "{name}");
            (&*examples.correlation, format!("builtin:{name}.yml"))
        })
        .collect();
    let reported: BTreeSet<(&str, String)> = set
        .correlations
        .iter()
        .filter(|loaded| loaded.reported)
        .map(|loaded| {
            let id = loaded.correlation.head.id.as_deref().expect("it has an id");
            (id, set.files[loaded.file].name.clone())
        })
        .collect();
    assert!(!reported.is_empty());
    assert_eq!(with_examples, reported);
}
