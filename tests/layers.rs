//! Which module may import which, and between files no cycles.
//!
//! The sources are read as text. Comments, strings and test modules are blanked out; what is left is
//! searched for paths that start at the crate root, be it in a `use`, in a nested use tree or in the
//! middle of an expression. The compiler cannot hold these walls inside one package, so this test does.
//! It does not see through macros.

#![expect(clippy::disallowed_methods, reason = "the sources are read from disk")]

#[path = "layers/graph.rs"]
mod graph;
#[path = "layers/tokens.rs"]
mod tokens;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use tokens::{Token, blanked, is, tokens, without_test_items};

/// Which modules a module may use. The order is that of the page it is drawn on.
const ARROWS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("platform", &[]),
    ("cloudtrail", &[]),
    ("rule", &[]),
    ("sigma", &["text", "rule"]),
    ("coverage", &["text"]),
    ("sort", &[]),
    ("ruleset", &["text", "rule", "sigma"]),
    ("finding", &["rule", "cloudtrail"]),
    ("engine", &["rule", "cloudtrail"]),
    ("archive", &["text", "platform", "cloudtrail"]),
    ("simd", &[]),
    ("scan", &["simd", "cloudtrail", "engine", "finding"]),
    ("correlate", &["rule"]),
    ("lint", &["text", "rule", "cloudtrail", "ruleset", "engine"]),
    ("index", &["cloudtrail", "engine", "archive"]),
    ("verify", &["text", "cloudtrail", "sort", "archive"]),
    ("shard", &["archive"]),
    ("sink", &["text", "platform", "rule", "finding", "coverage"]),
    ("hunt", ALL_BUT_LINT),
    ("catalog", &["text", "rule", "ruleset", "engine", "sink"]),
];

const ALL_BUT_LINT: &[&str] = &[
    "text",
    "platform",
    "rule",
    "sigma",
    "cloudtrail",
    "coverage",
    "sort",
    "ruleset",
    "finding",
    "engine",
    "archive",
    "simd",
    "scan",
    "correlate",
    "index",
    "verify",
    "shard",
    "sink",
];

/// The library's root file may name every module; the binary's files live by other rules.
const LIBRARY_ROOT: &str = "lib";
const BINARY: &[&str] = &["main", "cli"];

/// Folders and files that still hold import cycles. Whoever removes the last one of a folder removes its line.
const NOT_YET_CHECKED: &[&str] =
    &["src/archive", "src/cli", "src/hunt", "src/scan", "src/simd", "src/verify"];

const NAMES_THAT_SAY_NOTHING: &[&str] = &["utils", "util", "common", "helpers", "helper", "types"];

#[test]
fn modules_import_only_what_their_line_allows() {
    let wrong: Vec<String> =
        sources().iter().flat_map(|(file, text)| wrong_arrows(file, text)).collect();
    assert!(wrong.is_empty(), "wrong arrows:\n{}", wrong.join("\n"));
}

#[test]
fn the_binary_alone_holds_main_and_cli() {
    for (file, text) in sources() {
        let code = blanked(&text);
        let tokens = tokens(&code);
        let borrowed = tokens
            .windows(4)
            .any(|run| run.iter().map(|token| token.text).eq(["#", "[", "path", "="]));
        assert!(!borrowed, "{}: #[path] would take a file across the wall", file.display());
        if top_module(&file) == "main" {
            let declared: Vec<_> = tokens
                .windows(2)
                .filter(|pair| pair[0].text == "mod")
                .map(|pair| pair[1].text)
                .collect();
            assert!(
                declared.iter().all(|name| *name == "cli"),
                "main.rs declares {declared:?}, may declare cli"
            );
        }
    }
}

#[test]
fn files_open_with_their_purpose() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        if !text.starts_with("//!") {
            wrong.push(format!("{}: opens without a //! that states its purpose", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_name_says_nothing() {
    for (file, _) in sources() {
        for part in file.iter().map(|part| part.to_string_lossy().replace(".rs", "")) {
            assert!(
                !NAMES_THAT_SAY_NOTHING.contains(&part.as_str()),
                "{}: {part:?} says nothing",
                file.display()
            );
        }
    }
}

#[test]
fn the_map_shows_the_same_arrows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let text = fs::read_to_string(&path).expect("ARCHITECTURE.md can be read");
    let drawn = drawn_arrows(&text);
    for (module, allowed) in ARROWS {
        let Some(cell) = drawn.get(*module) else {
            panic!("ARCHITECTURE.md has no line for `{module}`")
        };
        if cell.contains("everything above but") {
            assert_eq!(*allowed, ALL_BUT_LINT, "ARCHITECTURE.md, `{module}`");
            continue;
        }
        let shown: BTreeSet<&str> = cell
            .split(',')
            .map(|name| name.trim().trim_matches('`'))
            .filter(|name| !matches!(*name, "-" | ""))
            .collect();
        assert_eq!(shown, allowed.iter().copied().collect(), "ARCHITECTURE.md, `{module}`");
    }
}

#[test]
fn the_table_has_no_cycle() {
    for (at, (module, allowed)) in ARROWS.iter().enumerate() {
        for used in *allowed {
            let above = ARROWS[..at].iter().any(|(name, _)| name == used);
            assert!(above, "{module} may use {used}, which does not stand above it");
        }
    }
}

/// What the graph makes of planted files: a cycle is found through re-exports, inline paths and
/// names of modules; what only re-exports, or is a test, makes none.
#[test]
fn a_planted_cycle_is_found() {
    let cycles = |files: &[(&str, &str)]| -> Vec<Vec<String>> {
        let sources: Vec<_> =
            files.iter().map(|(file, text)| (PathBuf::from(file), (*text).to_owned())).collect();
        let cycles = graph::cycles(&graph::imports_between(&sources));
        let shown =
            |cycle: &Vec<PathBuf>| cycle.iter().map(|file| file.display().to_string()).collect();
        cycles.iter().map(shown).collect()
    };
    let folder = "mod b;\nmod c;\npub use b::B;\npub use c::C;";
    let (b, c) = ("src/a/b.rs", "src/a/c.rs");
    for (of_b, of_c) in [
        ("use super::C;\npub struct B(C);", "use super::b::B;\npub struct C;"),
        ("use super::c;\npub fn f() { c::g() }", "pub fn g() { super::b::f() }"),
        ("use super::{c::{self, C as D}};", "use crate::a::{B as Other};"),
        ("pub use super::C;\nstruct X(C);", "use crate::a::B;"),
    ] {
        let found = cycles(&[("src/a/mod.rs", folder), (b, of_b), (c, of_c)]);
        assert_eq!(found, [[b, c]], "{of_b} and {of_c}");
    }
    for (of_b, of_c) in [
        ("use super::C;", "pub struct C;"),
        ("pub use super::C;", "use crate::a::B;"),
        ("use super::c;\npub fn f() { c::g() }", "// crate::a::B\npub fn g() {}"),
        ("use super::C;", "#[cfg(test)]\nmod tests {\n    use super::super::B;\n}"),
        ("use std::c::C;", "use super::B;"),
    ] {
        let found = cycles(&[("src/a/mod.rs", folder), (b, of_b), (c, of_c)]);
        assert!(found.is_empty(), "{of_b} and {of_c}: {found:?}");
    }
    let uses = format!("{folder}\nstruct A(B);");
    let found = cycles(&[("src/a/mod.rs", &uses), (b, "use super::A;"), (c, "")]);
    assert_eq!(found, [[b, "src/a/mod.rs"]], "a folder's own file counts too");
}

#[test]
fn no_file_imports_itself_by_way_of_others() {
    let checked = |(file, _): &(PathBuf, String)| {
        !NOT_YET_CHECKED.iter().any(|left_out| file.starts_with(left_out))
    };
    let sources: Vec<_> = sources().into_iter().filter(checked).collect();
    let imports = graph::imports_between(&sources);
    let cycles: Vec<String> = graph::cycles(&imports)
        .iter()
        .map(|cycle| {
            let lines = cycle.iter().map(|file| {
                let within = imports[file].iter().filter(|other| cycle.contains(other));
                let within: Vec<_> = within.map(|other| other.display().to_string()).collect();
                format!("  {} imports {}", file.display(), within.join(", "))
            });
            lines.collect::<Vec<_>>().join("\n")
        })
        .collect();
    assert!(cycles.is_empty(), "cycles of imports:\n{}", cycles.join("\n\n"));
}

/// The checker itself is held to planted arrows, right and wrong.
#[test]
fn a_planted_arrow_is_caught() {
    let caught = |file: &str, text: &str| wrong_arrows(Path::new(file), text);

    let planted = "//! x\nuse std::fmt;\n\nuse crate::{\n    engine::Engine,\n    sigma::{Rule, rule::Level},\n};\n";
    assert_eq!(
        caught("src/sigma/rule.rs", planted),
        ["src/sigma/rule.rs:5: `sigma` may not use `engine`"]
    );
    assert_eq!(
        caught("src/scan/mod.rs", "fn f() { crate::sigma::parse(); }").len(),
        1,
        "an inline path"
    );
    assert_eq!(
        caught("src/archive/mod.rs", "pub fn f(_: &crate::finding::Finding) {}").len(),
        1,
        "in a signature"
    );
    assert_eq!(
        caught("src/sigma/yaml.rs", "use super::super::engine::Engine;").len(),
        1,
        "by way of super"
    );
    assert_eq!(
        caught("src/ruleset.rs", "use super::{rule::Rule, hunt::run};").len(),
        1,
        "by way of super"
    );
    assert_eq!(caught("src/engine/mod.rs", "use crate::*;").len(), 1, "everything at once");
    assert_eq!(
        caught("src/engine/mod.rs", "use crate as root;").len(),
        1,
        "the root under another name"
    );
    assert_eq!(
        caught("src/engine/mod.rs", "use crate::cli::render;").len(),
        1,
        "the library never names cli"
    );
    assert_eq!(
        caught("src/cli/hunt.rs", "use crate::engine::Engine;").len(),
        1,
        "the binary asks the library"
    );
    assert_eq!(caught("src/main.rs", "fn main() { crate::hunt::run() }").len(), 1);
    assert_eq!(caught("src/novel.rs", "fn f() {}").len(), 1, "a module that is not in the table");
    let lifetimes =
        "fn f<'a>(x: &'a str, q: char) -> bool { q == '\"' || q == '\\'' }\nuse crate::hunt::X;";
    assert_eq!(
        caught("src/sink/mod.rs", lifetimes),
        ["src/sink/mod.rs:2: `sink` may not use `hunt`"]
    );

    assert!(
        caught("src/sigma/rule.rs", "// crate::engine\n/* use crate::scan; /* crate::x */ */")
            .is_empty()
    );
    assert!(
        caught(
            "src/sigma/rule.rs",
            "const A: &str = \"crate::engine\"; const B: &str = r#\"\"crate::scan\"#;"
        )
        .is_empty()
    );
    assert!(
        caught(
            "src/sigma/rule.rs",
            "#[cfg(test)]\nmod tests {\n    use crate::engine::Engine;\n    fn f() {}\n}"
        )
        .is_empty()
    );
    assert!(
        caught(
            "src/sigma/rule.rs",
            "pub(crate) fn f() {}\nuse super::Pattern; use crate::rule::Item;"
        )
        .is_empty()
    );
    assert!(caught("src/sigma/tests.rs", "use crate::engine::Engine;").is_empty());
    assert!(
        caught("src/cli/hunt.rs", "use crate::cli::args; use backtrail::hunt::run;").is_empty()
    );
    let after = "#[cfg(test)]\nmod tests;\nuse crate::engine::Engine;";
    assert_eq!(caught("src/sigma/rule.rs", after).len(), 1, "only the test item is left out");
}

/// Every source file, by its path from the package root, in order.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the source tree can be read") {
            let path = entry.expect("the source tree can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).expect("sources are UTF-8");
                files.push((
                    path.strip_prefix(root).expect("it lies below the root").to_owned(),
                    text,
                ));
            }
        }
    }
    assert!(files.len() > 10, "only {} source files found", files.len());
    files.sort();
    files
}

/// The module below the crate root that a file belongs to: `src/engine/cost.rs` is `engine`.
fn top_module(file: &Path) -> String {
    module_path(file).into_iter().next().unwrap_or_default()
}

/// `src/engine/cost.rs` is `engine`, `cost`; `src/engine/mod.rs` is `engine`.
fn module_path(file: &Path) -> Vec<String> {
    let inner = file.strip_prefix("src").expect("sources lie in src");
    let mut parts: Vec<String> =
        inner.iter().map(|part| part.to_string_lossy().replace(".rs", "")).collect();
    parts.pop_if(|last| last == "mod");
    parts
}

/// What a file imports against the table, each as `file:line: what`.
fn wrong_arrows(file: &Path, text: &str) -> Vec<String> {
    let path = module_path(file);
    let top = top_module(file);
    if top == LIBRARY_ROOT || path.iter().any(|part| part == "tests") {
        return Vec::new();
    }
    let allowed: &[&str] = if BINARY.contains(&top.as_str()) {
        &["cli"]
    } else if let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == top) {
        allowed
    } else {
        return vec![format!("{}:1: `{top}` is not in the table", file.display())];
    };
    imports(text, path.len())
        .into_iter()
        .filter(|(name, _)| *name != top && !allowed.contains(&name.as_str()))
        .map(|(name, line)| format!("{}:{line}: `{top}` may not use `{name}`", file.display()))
        .collect()
}

/// The names that `text` takes from the crate root, with their lines. `depth` is how many times
/// `super` leads from the file to the root.
fn imports(text: &str, depth: usize) -> Vec<(String, usize)> {
    let code = blanked(text);
    let tokens = without_test_items(tokens(&code));
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let mut next = at + 1;
        let from_root = match tokens[at].text {
            "crate" => true,
            "super" => {
                let mut ups = 1;
                while is(&tokens, next, "::") && is(&tokens, next + 1, "super") {
                    ups += 1;
                    next += 2;
                }
                ups >= depth
            }
            _ => false,
        };
        let renamed = tokens[at].text == "crate" && is(&tokens, next, "as");
        if from_root && renamed {
            found.push(("everything, renamed".to_owned(), tokens[at].line));
        } else if from_root && is(&tokens, next, "::") {
            first_names(&tokens, next + 1, &mut found);
        }
        at = next;
    }
    found
}

/// The first name of a path, or of every branch of the use tree that stands there.
fn first_names(tokens: &[Token<'_>], at: usize, found: &mut Vec<(String, usize)>) {
    let Some(token) = tokens.get(at) else { return };
    if token.text != "{" {
        found.push((token.text.to_owned(), token.line));
        return;
    }
    let mut depth = 0_usize;
    let mut branch_starts = false;
    for token in &tokens[at..] {
        match token.text {
            "{" => {
                depth += 1;
                branch_starts = depth == 1;
            }
            "}" if depth == 1 => return,
            "}" => depth -= 1,
            "," => branch_starts = depth == 1,
            name if branch_starts => {
                found.push((name.to_owned(), token.line));
                branch_starts = false;
            }
            _ => {}
        }
    }
}

/// The table under the heading row that says "may import": module to the cell beside it.
fn drawn_arrows(text: &str) -> BTreeMap<String, String> {
    let mut drawn = BTreeMap::new();
    let rows =
        text.lines().skip_while(|line| !line.contains("may import") || !line.starts_with('|'));
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        for pair in cells.windows(2) {
            let name = pair[0].strip_prefix('`').and_then(|name| name.strip_suffix('`'));
            if let Some(name) = name.filter(|name| ARROWS.iter().any(|(module, _)| module == name))
            {
                drawn.entry(name.to_owned()).or_insert_with(|| pair[1].to_owned());
            }
        }
    }
    drawn
}
