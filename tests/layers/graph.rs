//! Which source file imports which: paths are followed through modules and re-exports to the file
//! that defines the item.
//!
//! A file that only re-exports an item does not depend on it, and neither does a `mod` line; both are
//! how a folder is put together. Test items are left out. Macros are not expanded.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use crate::{
    module_path,
    tokens::{Token, blanked, is, tokens, without_test_items},
};

/// A module: names joined by `::`, empty for the crate root.
type Module = String;

/// What a file says of modules.
struct File {
    path: PathBuf,
    /// What its `use` lines bind: a name, and the path that it stands for.
    bound: BTreeMap<String, Vec<String>>,
    /// Every path in its code, made absolute.
    used: Vec<Vec<String>>,
}

/// For each file the files it imports from, itself aside.
pub(crate) fn imports_between(
    sources: &[(PathBuf, String)],
) -> BTreeMap<PathBuf, BTreeSet<PathBuf>> {
    let mut modules: BTreeMap<Module, File> = BTreeMap::new();
    let names: BTreeSet<Module> =
        sources.iter().map(|(file, _)| module_path(file).join("::")).collect();
    for (file, text) in sources {
        let path = module_path(file);
        if !path.iter().any(|part| part == "tests") {
            modules.insert(path.join("::"), read(file, &path, text, &names));
        }
    }
    let mut imports = BTreeMap::new();
    for file in modules.values() {
        let found = file.used.iter().filter_map(|path| defining(path, &modules, 0));
        let found = found.filter(|found| *found != file.path).map(Path::to_owned);
        imports.insert(file.path.clone(), found.collect());
    }
    imports
}

/// The file that defines what an absolute path names; nothing for the crate root.
fn defining<'m>(
    path: &[String],
    modules: &'m BTreeMap<Module, File>,
    depth: usize,
) -> Option<&'m Path> {
    let mut module = String::new();
    let mut at = 0;
    while at < path.len() {
        let inner = joined(&module, &path[at]);
        if !modules.contains_key(&inner) {
            break;
        }
        module = inner;
        at += 1;
    }
    let file = modules.get(&module)?;
    if let Some(bound) = path.get(at).and_then(|name| file.bound.get(name))
        && depth < 8
    {
        let mut further = bound.clone();
        further.extend_from_slice(&path[at + 1..]);
        return defining(&further, modules, depth + 1);
    }
    (!module.is_empty()).then_some(&file.path)
}

fn joined(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") }
}

fn read(file: &Path, module: &[String], text: &str, modules: &BTreeSet<Module>) -> File {
    let code = blanked(text);
    let tokens = without_test_items(tokens(&code));
    let mut lines: Vec<Use> = Vec::new();
    let mut rest: Vec<&Token<'_>> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at].text == "use" && starts_item(&tokens, at) {
            let end = at + tokens[at..].iter().position(|token| token.text == ";").unwrap_or(0);
            let public = at > 0 && matches!(tokens[at - 1].text, "pub" | ")");
            leaves(&tokens[at + 1..end.max(at + 1)], &[], public, &mut lines);
            at = end.max(at) + 1;
        } else {
            rest.push(&tokens[at]);
            at += 1;
        }
    }
    let child = |name: &str| modules.contains(&joined(&module.join("::"), name));
    let mut bound = BTreeMap::new();
    let mut used = Vec::new();
    // A name that a `use` line binds may begin the path of another one, so that is known first.
    for _ in 0..2 {
        for line in &lines {
            if let Some(path) = absolute(&line.path, module, &bound, &child) {
                bound.insert(line.name.clone(), path);
            }
        }
    }
    let mentions = |name: &str| {
        let mut pairs = rest.windows(2);
        pairs.any(|pair| pair[1].text == name && pair[0].text != "mod")
    };
    for line in &lines {
        let is_module =
            bound.get(&line.name).is_some_and(|path| modules.contains(&path.join("::")));
        let counts = !is_module && (!line.public || mentions(&line.name));
        if let Some(path) = bound.get(&line.name).filter(|_| counts) {
            used.push(path.clone());
        }
    }
    let mut at = 0;
    while at < rest.len() {
        let mut path = vec![rest[at].text.to_owned()];
        let after_path = at > 0 && rest[at - 1].text == "::";
        at += 1;
        while rest.get(at).is_some_and(|token| token.text == "::")
            && rest.get(at + 1).is_some_and(|token| is_name(token.text))
        {
            path.push(rest[at + 1].text.to_owned());
            at += 2;
        }
        if path.len() > 1 && !after_path {
            used.extend(absolute(&path, module, &bound, &child));
        }
    }
    File { path: file.to_owned(), bound, used }
}

/// One leaf of a `use` tree.
struct Use {
    path: Vec<String>,
    name: String,
    /// It is a re-export.
    public: bool,
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn starts_item(tokens: &[Token<'_>], at: usize) -> bool {
    at == 0 || matches!(tokens[at - 1].text, ";" | "}" | "{" | "]" | "pub" | ")")
}

/// The leaves of a use tree below `prefix`.
fn leaves(tokens: &[Token<'_>], prefix: &[String], public: bool, found: &mut Vec<Use>) {
    let mut path = prefix.to_vec();
    let mut at = 0;
    while at < tokens.len() && !matches!(tokens[at].text, "{" | "as") {
        if tokens[at].text != "::" {
            path.push(tokens[at].text.to_owned());
        }
        at += 1;
    }
    if !is(tokens, at, "{") {
        if path.len() > 1 {
            path.pop_if(|last| last == "self");
        }
        let renamed = tokens.get(at + 1).map(|token| token.text.to_owned());
        if let Some(name) = renamed.or_else(|| path.last().cloned()).filter(|_| at > 0) {
            found.push(Use { path, name, public });
        }
        return;
    }
    let (mut depth, mut start) = (0_usize, at + 1);
    for (end, token) in tokens.iter().enumerate().skip(at) {
        match token.text {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && token.text == ",") {
            leaves(&tokens[start..end], &path, public, found);
            start = end + 1;
        }
    }
}

/// The path from the crate root; nothing for what comes from another crate.
fn absolute(
    path: &[String],
    module: &[String],
    bound: &BTreeMap<String, Vec<String>>,
    child: &impl Fn(&str) -> bool,
) -> Option<Vec<String>> {
    let first = path.first()?.as_str();
    let (mut base, rest) = match first {
        "crate" => (Vec::new(), &path[1..]),
        "self" => (module.to_vec(), &path[1..]),
        "super" => {
            let ups = path.iter().take_while(|part| *part == "super").count();
            (module.get(..module.len().checked_sub(ups)?)?.to_vec(), &path[ups..])
        }
        name if child(name) => (module.to_vec(), path),
        name => (bound.get(name)?.clone(), &path[1..]),
    };
    base.extend_from_slice(rest);
    Some(base)
}

/// Groups of files that import one another in a cycle, each with its files in order.
pub(crate) fn cycles(imports: &BTreeMap<PathBuf, BTreeSet<PathBuf>>) -> Vec<Vec<PathBuf>> {
    let reachable = |from: &PathBuf| {
        let mut seen: BTreeSet<&PathBuf> = BTreeSet::new();
        let mut open: Vec<&PathBuf> = imports.get(from).into_iter().flatten().collect();
        while let Some(file) = open.pop() {
            if seen.insert(file) {
                open.extend(imports.get(file).into_iter().flatten());
            }
        }
        seen
    };
    let reached: BTreeMap<&PathBuf, BTreeSet<&PathBuf>> =
        imports.keys().map(|file| (file, reachable(file))).collect();
    let mut groups: Vec<Vec<PathBuf>> = Vec::new();
    for (file, to) in &reached {
        if !to.contains(file) || groups.iter().flatten().any(|known| known == *file) {
            continue;
        }
        let cycle =
            to.iter().filter(|other| reached.get(**other).is_some_and(|it| it.contains(file)));
        groups.push(cycle.map(|file| (*file).clone()).collect());
    }
    groups
}
