//! A Markdown page as lines of prose and code fences.

use std::{collections::BTreeSet, ops::Range};

use regex::Regex;

pub(crate) struct Page {
    /// Path from the root of the repository.
    pub(crate) name: String,
    pub(crate) lines: Vec<String>,
    pub(crate) fences: Vec<Fence>,
}

pub(crate) struct Fence {
    words: Vec<String>,
    /// Number of the opening line, from 1.
    pub(crate) line: usize,
    pub(crate) body: Vec<String>,
}

/// A command in a fence, and what the page says that it prints.
pub(crate) struct Step {
    pub(crate) command: String,
    /// Number of the command's line, from 1.
    pub(crate) line: usize,
    /// Places of the output in [`Page::lines`].
    pub(crate) output: Range<usize>,
    expected: Vec<String>,
}

impl Page {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut fences: Vec<Fence> = Vec::new();
        let mut open = false;
        for (at, line) in lines.iter().enumerate() {
            if let Some(words) = line.trim_start().strip_prefix("```") {
                open = !open;
                if open {
                    let words = words.split_whitespace().map(str::to_owned).collect();
                    fences.push(Fence { words, line: at + 1, body: Vec::new() });
                }
            } else if open {
                fences.last_mut().expect("a fence is open").body.push(line.clone());
            }
        }
        assert!(!open, "{name}: a code fence is not closed");
        Self { name: name.to_owned(), lines, fences }
    }

    /// Lines outside code fences with their numbers, without inline code.
    pub(crate) fn prose(&self) -> impl Iterator<Item = (usize, String)> {
        let code = Regex::new("`[^`]*`").unwrap();
        let within = |number: usize| {
            self.fences
                .iter()
                .any(|fence| (fence.line..=fence.line + fence.body.len() + 1).contains(&number))
        };
        self.lines
            .iter()
            .enumerate()
            .filter(move |(at, _)| !within(at + 1))
            .map(move |(at, line)| (at + 1, code.replace_all(line, "").into_owned()))
    }
}

impl Fence {
    pub(crate) fn is(&self, word: &str) -> bool {
        self.words.iter().any(|other| other == word)
    }

    /// The value of a word like `exit=1`.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }

    pub(crate) fn steps(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let mut continued = false;
        for (at, line) in self.body.iter().enumerate() {
            let place = self.line + at;
            let command = line.strip_prefix("$ ").or_else(|| continued.then_some(line.as_str()));
            if let Some(command) = command {
                if !continued {
                    let step = Step {
                        command: String::new(),
                        line: place + 1,
                        output: 0..0,
                        expected: Vec::new(),
                    };
                    steps.push(step);
                }
                let step = steps.last_mut().expect("a step was begun");
                continued = command.ends_with('\\');
                step.command.push_str(command.trim_end_matches('\\'));
                step.output = place + 1..place + 1;
            } else {
                let step = steps
                    .last_mut()
                    .unwrap_or_else(|| panic!("line {}: output without a command", place + 1));
                step.expected.push(line.clone());
                step.output.end = place + 1;
            }
        }
        assert!(!steps.is_empty(), "line {}: no command", self.line);
        steps
    }
}

impl Step {
    /// The expected output in the notation of snapbox.
    pub(crate) fn pattern(&self) -> String {
        let lines = self.expected.iter().map(|line| match line.trim() {
            "..." => "...\n".to_owned(),
            _ => line.replace("...", "[..]") + "\n",
        });
        lines.collect()
    }
}

/// The anchors of a page's headings, as GitHub derives them.
pub(crate) fn anchors(text: &str) -> BTreeSet<String> {
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    text.lines()
        .filter_map(|line| {
            line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#'))
        })
        .map(|title| {
            title.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
        })
        .collect()
}
