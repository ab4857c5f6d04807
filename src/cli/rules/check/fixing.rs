//! `--fix`: safe changes written to rule files.
//!
//! A file is replaced as a whole or not at all, and only if it still is what was read. After a change
//! everything is looked at again, until there is nothing more to change. What is built in is not touched.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use backtrail::{
    lint::{self, Checked, Fix, Options},
    platform,
    rule::Span,
    ruleset::{self, RuleFile, RuleSet},
    sigma::{self, Placeholders},
};

use crate::cli::render::{self, Voice, harmless, place};

/// One change can make room for another, but not for ever.
const MOST_ROUNDS: usize = 10;

/// Makes the changes, or shows them; gives the rules as they are afterwards, and what is left to tell.
pub(super) fn fix(
    mut rules: RuleSet,
    mut checked: Checked,
    options: &Options<'_>,
    only_show: bool,
    placeholders: &Placeholders,
    load: impl Fn() -> Result<RuleSet>,
    voice: Voice,
) -> Result<(RuleSet, Checked)> {
    let mut fixed = 0;
    for _ in 0..MOST_ROUNDS {
        let mut changed = false;
        for (at, file) in rules.files.iter().enumerate() {
            let told = checked.told.iter().filter(|told| told.file == at);
            let fixes: Vec<&Fix> = told.filter_map(|told| told.fix.as_ref()).collect();
            if fixes.is_empty() {
                continue;
            }
            let (text, applied) = lint::fixed(&file.text, fixes);
            if only_show {
                render::print(diff(file, &applied).as_bytes())?;
            } else if is_sound(file, &text, placeholders) && write(file, &text)? {
                changed = true;
                fixed += applied.len();
                for fix in applied {
                    let (line, _) = place(&file.text, first(fix).start);
                    voice.note(&format!("fixed: {}:{line}: {}", harmless(&file.name), fix.what));
                }
            }
        }
        if !changed {
            break;
        }
        rules = load()?;
        checked = lint::check(&rules, options);
    }
    if !only_show {
        voice.note(&format!("fixed in all: {fixed}"));
    }
    Ok((rules, checked))
}

fn first(fix: &Fix) -> Span {
    fix.edits.first().map(|edit| edit.span).unwrap_or_default()
}

/// Whether the changed text is read as well as the old one. It always should be; a rule is not risked.
fn is_sound(file: &RuleFile, text: &str, placeholders: &Placeholders) -> bool {
    let refused = |text: &str| sigma::parse(text, placeholders).refused;
    let sound = refused(text) <= refused(&file.text);
    if !sound {
        render::warn(&format!("{} is not changed: it could not be read any more", file.name));
    }
    sound
}

/// Replaces the file, if it can be: says so otherwise.
fn write(file: &RuleFile, text: &str) -> Result<bool> {
    let told = |why: &str| render::warn(&format!("{} is not changed: {why}", file.name));
    if file.name.starts_with("builtin:") {
        told("it is built in");
        return Ok(false);
    }
    if file.raw.is_some() {
        told("only files in UTF-8 are changed");
        return Ok(false);
    }
    if ruleset::sha256_now(&file.name, Path::new("")).as_ref() != Some(&file.sha256) {
        told("it is not what was read");
        return Ok(false);
    }
    let about = || format!("cannot write {}", file.name);
    // A link stays a link.
    let path = true_path(&file.name).with_context(about)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut new =
        tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).with_context(about)?;
    new.write_all(text.as_bytes()).with_context(about)?;
    let permissions = fs::metadata(&path).with_context(about)?.permissions();
    fs::set_permissions(new.path(), permissions).with_context(about)?;
    new.as_file().sync_all().with_context(about)?;
    new.persist(&path).with_context(about)?;
    platform::sync_folder(folder.unwrap_or(Path::new("."))).with_context(about)?;
    Ok(true)
}

#[expect(clippy::disallowed_methods, reason = "the rule file is replaced where it is")]
fn true_path(name: &str) -> io::Result<PathBuf> {
    fs::canonicalize(name)
}

/// The lines that change, before and after. Changes add no lines, so each is shown by itself.
fn diff(file: &RuleFile, applied: &[&Fix]) -> String {
    let name = harmless(&file.name);
    let mut text = format!("--- {name}\n+++ {name}\n");
    let mut start = 0;
    for (number, line) in file.text.split_inclusive('\n').enumerate() {
        let whole = Span::new(start, start + line.len());
        start = whole.end;
        let edits = applied.iter().flat_map(|fix| &fix.edits);
        let here: Vec<_> = edits
            .filter(|edit| whole.start <= edit.span.start && edit.span.end <= whole.end)
            .map(|edit| {
                let span = Span::new(edit.span.start - whole.start, edit.span.end - whole.start);
                lint::Edit { span, text: edit.text.clone() }
            })
            .collect();
        if here.is_empty() {
            continue;
        }
        let fixes: Vec<Fix> =
            here.into_iter().map(|edit| Fix { what: String::new(), edits: vec![edit] }).collect();
        let (after, _) = lint::fixed(line, &fixes);
        let _ = writeln!(text, "@@ line {} @@\n-{}", number + 1, harmless(line.trim_end()));
        if !after.trim().is_empty() {
            let _ = writeln!(text, "+{}", harmless(after.trim_end()));
        }
    }
    text
}
