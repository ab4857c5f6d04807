//! Compares the documentation with the program: every command in it runs and prints what the page
//! shows, every option exists, every link has a target, and the prose keeps to plain words.
//!
//! A page is a list of code fences. The words behind the backticks say what a fence is:
//!
//! - `console`: commands after `$ `, each followed by what it prints. A line `...` matches any
//!   number of lines, `...` within a line any text. `exit=N` is the exit code of the last command;
//!   all others must exit 0.
//! - `console needs=jq`: the same, run only by the test that needs the program.
//! - `file=NAME`: the content of a file that later commands of the page read.
//! - `sh`: commands that need a network or a compiler. They are not run, and none may be a
//!   `backtrail` command.
//!
//! All commands of a page run in one folder of their own, with a copy of the test archive as
//! `AWSLogs/` and links to `testdata/` and `rules/`. `UPDATE_DOCS=1 cargo test --test docs`
//! rewrites outputs that changed, and keeps elisions around lines that did not.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(
    clippy::disallowed_methods,
    reason = "the pages are read from disk, and updated on request"
)]

#[path = "docs/page.rs"]
mod page;

use std::{
    collections::BTreeSet,
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::LazyLock,
    thread,
};

use page::{Fence, Page, Step};
use regex::Regex;
use snapbox::{Assert, Data, assert::Action};

/// Files and folders whose commands, links, line lengths and words are checked.
/// Of a folder, the Markdown files directly in it.
const PAGES: &[&str] = &[
    "README.md",
    "docs",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "benches/RESULTS.md",
    "rules/README.md",
    "testdata/README.md",
    "testdata/digests/README.md",
    "testdata/lints/README.md",
    "testdata/rules/README.md",
];

/// Commands whose help keeps to plain words too, such as `&["hunt"]`.
const PLAIN_HELP: &[&[&str]] = &[];

/// Files with a size limit in bytes: a newcomer reads them whole.
const SIZES: &[(&str, u64)] = &[("README.md", 10 << 10), ("ARCHITECTURE.md", 12 << 10)];

const COLUMNS: usize = 100;

/// Words that a reader has to translate, with what to write instead.
const HABITS: &[(&str, &str)] = &[
    (r"tells?|told|telling", "reports, shows, says which"),
    (r"asked|asks (for|of)", "requested, requires"),
    (r"stands|stood|standing", "is located, is"),
    (r"wants|wanted", "requires, needs"),
    (r"(go|goes|going|gone|went) on", "resumes, continues"),
    (r"lets? go of", "releases"),
    (r"of old", "legacy"),
    (r"river|house|rooms?|voices?|hands|keeper|twins?", "the term of the field"),
    (r"floors?", "baseline"),
    (r"gates?|gated", "prefilter"),
    (r"beside|besides", "next to, in addition to"),
    (r"alike", "the same"),
    (r"h[eo]ld(s|ing)? (\w+ )*against", "compares with"),
    (r"held (to|by)", "checked against, enforced by"),
    (r"put to", "evaluated on"),
    (r"(run|coverage) records?", "run bundle, coverage report"),
    (r"whoever|nobody|somebody", "name who does it"),
    (r"colou?rs? of|colour|licence|behaviour|catalogue|favour|artefacts?", "American spelling"),
    (r"(optim|normal|recogn|summar|organ|anal)(is|ys)(e|es|ed|ing|ation)", "American spelling"),
];

/// Options in the pages that belong to other programs.
const FOREIGN_OPTIONS: &[&str] = &[
    "--bench",
    "--broken",
    "--bucket",
    "--bundles",
    "--bytes",
    "--class",
    "--digests",
    "--end-time",
    "--hits",
    "--include-ignored",
    "--ignored",
    "--key",
    "--lib",
    "--no-default-features",
    "--out",
    "--path",
    "--release",
    "--seed",
    "--start-time",
    "--test",
    "--testdata",
    "--tool",
    "--write",
];

#[test]
fn commands_print_what_the_pages_show() {
    run_pages(false);
}

#[test]
#[ignore = "needs jq"]
fn commands_with_jq_print_what_the_pages_show() {
    run_pages(true);
}

/// Runs the commands of all pages, those that need another program only if `all` is set.
fn run_pages(all: bool) {
    let pages = pages();
    let wrong: Vec<String> = thread::scope(|scope| {
        let running: Vec<_> = pages.iter().map(|page| scope.spawn(|| run(page, all))).collect();
        running.into_iter().flat_map(|page| page.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} outputs differ:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn every_page_opens_with_a_task_and_a_command() {
    for page in pages().iter().filter(|page| page.name.starts_with("docs/")) {
        assert!(page.lines[0].starts_with("# "), "{}: no title", page.name);
        assert!(page.lines[2].starts_with(char::is_uppercase), "{}: no task", page.name);
        let command = page.fences.iter().find(|fence| fence.is("console"));
        assert!(command.is_some_and(|fence| fence.line < 30), "{}: no command", page.name);
    }
}

#[test]
fn every_backtrail_command_is_one_that_is_run() {
    let mut wrong = Vec::new();
    for page in pages() {
        for fence in page.fences.iter().filter(|fence| !fence.is("console")) {
            for (at, line) in fence.body.iter().enumerate() {
                let command = line.trim_start_matches("$ ").trim_start();
                if command.starts_with("backtrail ") || line.starts_with("$ ") {
                    wrong.push(format!("{}:{}: {line}", page.name, fence.line + at + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "not in a `console` fence:\n{}", wrong.join("\n"));
}

#[test]
fn every_option_in_the_pages_exists() {
    let known: BTreeSet<String> = commands().iter().flat_map(|command| options(command)).collect();
    let named = Regex::new(r"(?:^|[\s`(\[|'/])(--[a-z][a-z0-9-]*)").unwrap();
    let mut wrong = Vec::new();
    // The changelog also names options that are gone.
    for page in pages().iter().filter(|page| page.name != "CHANGELOG.md") {
        for (at, line) in page.lines.iter().enumerate() {
            for found in named.captures_iter(line) {
                let option = &found[1];
                if !known.contains(option) && !FOREIGN_OPTIONS.contains(&option) {
                    wrong.push(format!("{}:{}: {option}", page.name, at + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "no command has these options:\n{}", wrong.join("\n"));
}

#[test]
fn every_option_of_a_command_is_named_in_the_pages() {
    let text: String = pages()
        .iter()
        .filter(|page| page.name == "README.md" || page.name.starts_with("docs/"))
        .map(|page| page.lines.join("\n"))
        .collect();
    let mut missing = BTreeSet::new();
    for command in commands() {
        for option in options(&command) {
            let named = |(at, _): (usize, &str)| {
                !text[at + option.len()..]
                    .starts_with(|next: char| next == '-' || next.is_ascii_lowercase())
            };
            if option != "--help" && !text.match_indices(&option).any(named) {
                missing.insert(format!("{} {option}", command.join(" ")));
            }
        }
    }
    assert!(missing.is_empty(), "not described: {missing:#?}");
}

#[test]
fn every_link_leads_somewhere() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut wrong = Vec::new();
    for page in pages() {
        for line in page.prose() {
            for found in link.captures_iter(&line.1) {
                let target = &found[1];
                if target.contains("://") {
                    continue;
                }
                let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
                let folder = root().join(&page.name).parent().unwrap().to_owned();
                let file =
                    if path.is_empty() { root().join(&page.name) } else { folder.join(path) };
                let found = if anchor.is_empty() {
                    file.exists()
                } else {
                    fs::read_to_string(&file)
                        .is_ok_and(|text| page::anchors(&text).contains(anchor))
                };
                if !found {
                    wrong.push(format!("{}:{}: {target}", page.name, line.0));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "links without a target:\n{}", wrong.join("\n"));
}

#[test]
fn every_test_that_the_pages_name_exists() {
    let named = Regex::new(r"`((?:src|tests)/[a-z0-9_/]+\.rs)::([a-z0-9_]+)`").unwrap();
    let mut count = 0;
    let mut wrong = Vec::new();
    for page in pages() {
        for line in &page.lines {
            for found in named.captures_iter(line) {
                count += 1;
                let source = fs::read_to_string(root().join(&found[1])).unwrap_or_default();
                if !source.contains(&format!("fn {}(", &found[2])) {
                    wrong.push(format!("{}: {}", page.name, &found[0]));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "no such tests:\n{}", wrong.join("\n"));
    assert!(
        count > 10,
        "ARCHITECTURE.md names the tests of its invariants, and {count} were found"
    );
}

#[test]
fn pages_keep_to_their_size_and_columns() {
    let mut wrong = Vec::new();
    for (name, most) in SIZES {
        let bytes = fs::metadata(root().join(name)).unwrap().len();
        if bytes > *most {
            wrong.push(format!("{name}: {bytes} bytes, at most {most}"));
        }
    }
    for page in pages() {
        for (at, line) in page.lines.iter().enumerate() {
            let columns = line.chars().count();
            // A link that is longer than a line cannot be broken.
            if columns > COLUMNS && line.trim().contains(' ') {
                wrong.push(format!("{}:{}: {columns} columns", page.name, at + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pages_are_in_plain_words() {
    let mut wrong = Vec::new();
    for page in pages() {
        for (at, line) in page.prose() {
            wrong.extend(habits(&line).map(|what| format!("{}:{at}: {what}", page.name)));
        }
    }
    for command in PLAIN_HELP {
        for line in help(command).lines() {
            wrong.extend(habits(line).map(|what| format!("{} --help: {what}", command.join(" "))));
        }
    }
    assert!(wrong.is_empty(), "{} habits:\n{}", wrong.len(), wrong.join("\n"));
}

/// The word check finds what it is for, and leaves good prose alone.
#[test]
fn planted_habits_are_found() {
    for bad in
        ["the reader is told", "Going on after a kill", "hold each file against it", "gate B"]
    {
        assert_eq!(habits(bad).count(), 1, "{bad}");
    }
    for good in ["no investigation", "aggregated events", "a household name", "delegated to"] {
        assert_eq!(habits(good).count(), 0, "{good}");
    }
}

fn habits(line: &str) -> impl Iterator<Item = String> {
    static COMPILED: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        let whole = |words: &str| Regex::new(&format!(r"(?i)\b({words})\b")).unwrap();
        HABITS.iter().map(|(words, instead)| (whole(words), *instead)).collect()
    });
    COMPILED.iter().filter_map(move |(words, instead)| {
        let found = words.find(line)?.as_str();
        Some(format!("{found:?}: write {instead}"))
    })
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<Page> {
    let mut names = Vec::new();
    for name in PAGES {
        if Path::new(name).extension().is_some() {
            names.push((*name).to_owned());
            continue;
        }
        for entry in fs::read_dir(root().join(name)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "md") {
                names.push(format!("{name}/{}", path.file_name().unwrap().display()));
            }
        }
    }
    names.sort();
    names
        .iter()
        .map(|name| Page::new(name, &fs::read_to_string(root().join(name)).unwrap()))
        .collect()
}

/// Runs the commands of a page in order. Returns what differs, or rewrites it on request.
fn run(page: &Page, all: bool) -> Vec<String> {
    let update = env::var_os("UPDATE_DOCS").is_some();
    let folder = tempfile::tempdir().unwrap();
    sandbox(folder.path());
    let mut wrong = Vec::new();
    let mut lines = page.lines.clone();
    let mut replaced = Vec::new();
    for fence in &page.fences {
        if let Some(name) = fence.value("file") {
            fs::write(folder.path().join(name), fence.body.join("\n") + "\n").unwrap();
        }
        if !fence.is("console") || !all && fence.value("needs").is_some() {
            continue;
        }
        let steps = fence.steps();
        let last = steps.len() - 1;
        for (at, step) in steps.into_iter().enumerate() {
            let expected_code = if at == last { fence.value("exit").unwrap_or("0") } else { "0" };
            let (printed, code) = execute(folder.path(), &step);
            let place = format!("{}:{}: $ {}", page.name, step.line, step.command);
            if code != expected_code {
                wrong.push(format!("{place}\nexit code {code}, not {expected_code}\n{printed}"));
            }
            let assert = Assert::new().normalize_paths(false).action(Action::Verify);
            let (printed, expected) = (Data::text(printed), Data::text(step.pattern()));
            if let Err(error) = assert.try_eq(Some(&place), printed.clone(), expected.clone()) {
                if update && code == expected_code {
                    let (kept, _) = assert.normalize(printed, expected);
                    replaced.push((step.output, kept.render().unwrap()));
                } else {
                    wrong.push(error.to_string());
                }
            }
        }
    }
    if !replaced.is_empty() {
        for (range, text) in replaced.into_iter().rev() {
            lines.splice(range, text.lines().map(|line| line.replace("[..]", "...")));
        }
        fs::write(root().join(&page.name), lines.join("\n") + "\n").unwrap();
    }
    wrong
}

/// The folder in which a page's commands run.
fn sandbox(folder: &Path) {
    let copied = Command::new("cp")
        .args([
            "-R".as_ref(),
            root().join("testdata/archive/AWSLogs").as_os_str(),
            folder.as_os_str(),
        ])
        .status();
    assert!(copied.unwrap().success());
    for name in ["testdata", "rules"] {
        symlink(root().join(name), folder.join(name)).unwrap();
    }
    fs::create_dir(folder.join(".bin")).unwrap();
    symlink(env!("CARGO_BIN_EXE_backtrail"), folder.join(".bin/backtrail")).unwrap();
}

/// What a command prints, standard output first, and its exit code. Standard output is not a
/// terminal here, so a hunt that would show a table on one gets `--format table`, and `cargo run`
/// gets the program that it would build.
fn execute(folder: &Path, step: &Step) -> (String, String) {
    let mut command = step.command.replace("cargo run --release -- ", "backtrail ");
    let shows_table = command.starts_with("backtrail hunt")
        && !Regex::new(r" (-f|--format|-o|--output|-q)\b|[|>]").unwrap().is_match(&command);
    if shows_table {
        command = command.replacen("hunt", "hunt --format table", 1);
    }
    let path = format!("{}:{}", folder.join(".bin").display(), env::var("PATH").unwrap());
    let ran = Command::new("sh")
        .args(["-c", &command])
        .current_dir(folder)
        .stdin(Stdio::null())
        .env("PATH", path)
        .env("COLUMNS", COLUMNS.to_string())
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let code = ran.status.code().map_or("none".to_owned(), |code| code.to_string());
    (String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap(), code)
}

/// Every command with options, by the words behind the program's name.
fn commands() -> Vec<Vec<&'static str>> {
    let mut all: Vec<Vec<&str>> = ["hunt", "profile", "verify", "repeat", "completions", "man"]
        .iter()
        .map(|name| vec![*name])
        .collect();
    all.extend(
        ["list", "check", "test", "explain", "catalog"].iter().map(|name| vec!["rules", *name]),
    );
    let shown = help(&[]);
    for command in &all {
        assert!(shown.contains(&format!("\n  {} ", command[0])), "{command:?}");
    }
    all
}

fn help(command: &[&str]) -> String {
    let ran =
        Command::new(env!("CARGO_BIN_EXE_backtrail")).args(command).arg("--help").output().unwrap();
    assert!(ran.status.success(), "{command:?} --help");
    String::from_utf8(ran.stdout).unwrap()
}

/// The long options that the help of a command lists.
fn options(command: &[&str]) -> BTreeSet<String> {
    let listed = Regex::new(r"(?m)^ +(?:-\w, )?(--[a-z][a-z-]*)").unwrap();
    listed.captures_iter(&help(command)).map(|found| found[1].to_owned()).collect()
}

/// Elisions are kept apart from text that has dots in it.
#[test]
fn a_page_is_read_as_fences_and_steps() {
    let text = "# Title\n\n```console exit=1\n$ backtrail a \\\n    b\nout ... put\n...\n$ next\n```\n\
        prose `code --x`\n";
    let page = Page::new("x.md", text);
    let [fence]: &[Fence] = &page.fences else { panic!("one fence") };
    assert_eq!(fence.value("exit"), Some("1"));
    let steps = fence.steps();
    assert_eq!(steps[0].command, "backtrail a     b");
    assert_eq!(steps[0].pattern(), "out [..] put\n...\n");
    assert_eq!(steps[0].output, 5..7);
    assert_eq!((steps[1].command.as_str(), steps[1].pattern().as_str()), ("next", ""));
    assert_eq!(page.prose().map(|(_, line)| line).collect::<Vec<_>>(), ["# Title", "", "prose "]);
}
