//! Rules as they are written elsewhere: the conformance vectors and published rules.

#![expect(clippy::disallowed_methods, reason = "the rules are read from disk")]
#![expect(clippy::print_stderr, reason = "a test that is skipped says why")]

use std::path::{Path, PathBuf};

use super::{
    Placeholders, parse,
    yaml::{self, Data, Node},
};

/// A folder beside the package, if it is there.
fn beside(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    path.is_dir().then_some(path)
}

fn text<'n>(case: &'n Node, key: &str) -> Option<&'n str> {
    case.get(key)?.value.as_text()
}

#[test]
fn vectors_load_or_are_refused_as_they_say() {
    let Some(folder) = beside("shared/conformance/vectors") else {
        eprintln!("skipped: there is no ../shared/conformance/vectors");
        return;
    };
    let (mut loaded, mut refused, mut wrong) = (0, 0, Vec::new());
    for number in 1..=16 {
        let prefix = format!("{number:02}-");
        let file = std::fs::read_dir(&folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .find(|path| {
                path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix))
            })
            .expect("a file for each number");
        let content = std::fs::read_to_string(&file).expect("UTF-8");
        for document in yaml::read(&content) {
            assert_eq!(document.problems, [], "{}", file.display());
            let Some(Node { data: Data::List(cases), .. }) = document.root else {
                panic!("{} is no list", file.display())
            };
            for case in &cases {
                let rule = text(case, "rule").expect("a rule");
                let error =
                    case.get("error").is_some_and(|entry| entry.value.data == Data::Bool(true));
                let parsed = parse(rule, &Placeholders::new());
                // What a reference means is not known before all files are read.
                let id = text(case, "id").unwrap_or("?");
                let by_reference = ["cox-002", "cox-016", "cox-018"].contains(&id);
                if error == (parsed.refused == 0) && !by_reference {
                    wrong.push(format!("{}: {:?}", id, parsed.diagnostics));
                }
                if error { refused += 1 } else { loaded += 1 }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(loaded > 200 && refused > 50, "{loaded} loaded, {refused} refused");
}

#[test]
fn published_rules_load() {
    let Some(folder) = beside("shared/samples/sigmahq-rules") else {
        eprintln!("skipped: there is no ../shared/samples/sigmahq-rules");
        return;
    };
    let (mut folders, mut rules) = (vec![folder], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yml") {
                let content = std::fs::read_to_string(&path).expect("UTF-8");
                let parsed = parse(&content, &Placeholders::new());
                assert_eq!(parsed.diagnostics, [], "{}", path.display());
                assert_eq!(parsed.documents.len(), 1, "{}", path.display());
                rules += 1;
            }
        }
    }
    assert_eq!(rules, 57);
}
