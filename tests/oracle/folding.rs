//! Simple case folding and regular expressions, both remembered per thread.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
};

use backtrail::rule::RegexTest;
use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

thread_local! {
    static FOLDED: RefCell<HashMap<char, char>> = RefCell::default();
    static COMPILED: RefCell<BTreeMap<(String, [bool; 3]), Regex>> = RefCell::default();
}

/// S3.7: each character stands for the least one of those that fold to the same.
pub(crate) fn fold(text: &str) -> String {
    FOLDED.with_borrow_mut(|folded| {
        text.chars().map(|c| *folded.entry(c).or_insert_with(|| least(c))).collect()
    })
}

fn least(c: char) -> char {
    let mut orbit = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
    orbit.try_case_fold_simple().expect("the folding tables are built in");
    orbit.ranges().first().map_or(c, ClassUnicodeRange::start)
}

/// S7.7: the expression is found somewhere in the text.
pub(crate) fn found_by(test: &RegexTest, text: &str) -> bool {
    let flags = [test.flags.ignore_case, test.flags.multi_line, test.flags.dot_all];
    COMPILED.with_borrow_mut(|compiled| {
        compiled
            .entry((test.source.clone(), flags))
            .or_insert_with(|| {
                RegexBuilder::new(&test.source)
                    .case_insensitive(flags[0])
                    .multi_line(flags[1])
                    .dot_matches_new_line(flags[2])
                    .build()
                    .expect("a loaded rule holds only expressions that compile")
            })
            .is_match(text)
    })
}

#[test]
fn folding_is_simple() {
    for (a, b) in [("k", "\u{212a}"), ("s", "\u{17f}"), ("Σ", "ς"), ("Ä", "ä"), ("ẞ", "ß")] {
        assert_eq!(fold(a), fold(b), "{a} {b}");
    }
    for (a, b) in [("ß", "ss"), ("İ", "i"), ("ı", "i"), ("a", "b")] {
        assert_ne!(fold(a), fold(b), "{a} {b}");
    }
}
