//! `rules catalog`: pages about rules, written to a folder.

pub(crate) mod args;
mod folder;

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use anyhow::{Error, Result, bail};
use backtrail::{
    catalog::{Catalog, NamedSet},
    ruleset::{RuleSet, RuleSetError},
    text::counted,
};

use self::{args::CatalogArgs, folder::Folder};
use super::{
    super::{
        args::RuleArgs,
        exit::Status,
        outputs::Outputs,
        render::{self, Voice},
        values::placeholder_file,
    },
    load, rule_files,
};

/// `rules catalog`.
pub(in super::super) fn catalog(args: &CatalogArgs, voice: Voice) -> Result<Status> {
    let sets = sets(&args.rules)?;
    for (name, _, rules) in &sets {
        if rules.refused > 0 {
            let refused = counted(rules.refused, "refused document");
            let have = if rules.refused == 1 { "has" } else { "have" };
            render::warn(&format!("{refused} of {name} {have} no page; `rules check` says why"));
        }
    }
    let named: Vec<_> =
        sets.iter().map(|(name, root, rules)| NamedSet { name, root, rules }).collect();
    let catalog = Catalog::new(&named);
    refuse_written_rules(args)?;
    let mut folder = Folder::open(&args.folder, args.force)?;
    let mut forms: Vec<_> = Vec::new();
    for format in &args.format {
        if !forms.contains(format) {
            forms.push(*format);
        }
    }
    for form in &forms {
        for file in catalog.files((*form).into()) {
            folder.write(&file)?;
        }
    }
    let files = folder.finish()?;
    voice.note(&format!(
        "{files} files are written to {}: {} and {} of {}.",
        args.folder.display(),
        counted(catalog.rules(), "rule"),
        counted(catalog.correlations(), "correlation"),
        counted(named.len(), "set")
    ));
    Ok(Status::Done)
}

/// Refuses a folder that holds rules which are read.
fn refuse_written_rules(args: &CatalogArgs) -> Result<()> {
    let mut outputs = Outputs::standard();
    outputs.folder("", Some(&args.folder))?;
    let rules = args.rules.rules.iter().map(|given| named(given).1).collect();
    for path in rule_files(&RuleArgs { rules, ..args.rules.clone() })? {
        outputs.file_read("the rule file", &path)?;
    }
    for path in args.rules.placeholder.iter().filter_map(|given| placeholder_file(given)) {
        outputs.file_read("--placeholder", path)?;
    }
    Ok(())
}

/// The selected rule sets, each with its name and where it is. `--rule` need not match a rule in every set.
fn sets(args: &RuleArgs) -> Result<Vec<(String, PathBuf, RuleSet)>> {
    let builtin = [PathBuf::from("builtin")];
    let given = if args.rules.is_empty() { &builtin[..] } else { &args.rules };
    let mut names = HashSet::new();
    let mut sets = Vec::new();
    let mut unmet: Option<Error> = None;
    for given in given {
        let (name, path) = named(given);
        if !names.insert(name.clone()) {
            bail!(
                "two sets are called {name}: give one another name, as in --rules other={}",
                path.display()
            );
        }
        let alone = RuleArgs { rules: vec![path.clone()], ..args.clone() };
        match load(&alone, &[]) {
            Ok(rules) => sets.push((name, path, rules)),
            Err(error) => match error.downcast_ref() {
                Some(RuleSetError::NothingSelected { .. }) => {
                    unmet.get_or_insert(error);
                }
                _ => return Err(error),
            },
        }
    }
    match unmet {
        Some(error) if sets.is_empty() => Err(error),
        _ => Ok(sets),
    }
}

/// The name of a set and where it is: `NAME=PATH`, or a path, which is called by its last part. A path
/// that is there is taken as it is.
fn named(given: &Path) -> (String, PathBuf) {
    let text = given.to_string_lossy();
    if !given.exists()
        && let Some((name, path)) = text.split_once('=')
        && !name.is_empty()
        && !name.contains('/')
    {
        return (name.to_owned(), PathBuf::from(path));
    }
    let last = given.file_name().map(|name| name.to_string_lossy().into_owned());
    (last.unwrap_or_else(|| text.into_owned()), given.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_called_by_its_path_or_as_told() {
        let named = |given: &str| {
            let (name, path) = named(Path::new(given));
            (name, path.to_string_lossy().into_owned())
        };
        let is = |name: &str, path: &str| (name.to_owned(), path.to_owned());
        assert_eq!(named("builtin"), is("builtin", "builtin"));
        assert_eq!(named("no/such/aws/"), is("aws", "no/such/aws/"));
        assert_eq!(named("sigmahq=no/such"), is("sigmahq", "no/such"));
        assert_eq!(named("no/such=x"), is("such=x", "no/such=x"));
        assert_eq!(named(".."), is("..", ".."));
    }
}
