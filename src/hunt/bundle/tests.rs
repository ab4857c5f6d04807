//! Comparing, with findings that are only lines.

use std::io::{Seek, Write};

use super::*;
use crate::sink::Sink;

fn compared(before: &str, found: &[&str]) -> FindingsCompared {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(before.as_bytes()).expect("it is written");
    file.rewind().expect("it is read again");
    let comparing = Comparing::new(file);
    let mut sink: Box<dyn Sink> = comparing.sink();
    for line in found {
        sink.write(line.as_bytes()).expect("it is taken");
    }
    sink.finish().expect("it ends");
    comparing.conclude().expect("it is compared")
}

fn counts(compared: &FindingsCompared) -> (u64, u64, u64, u64, bool) {
    let FindingsCompared { before, now, missing, new, reordered, .. } = compared;
    (*before, *now, *missing, *new, *reordered)
}

#[test]
fn the_same_lines_are_the_same() {
    assert!(compared("", &[""]).is_same());
    let same = compared("a\nb\n", &["a\n", "", "b\n"]);
    assert!(same.is_same());
    assert_eq!(counts(&same), (2, 2, 0, 0, false));
}

#[test]
fn one_line_in_the_middle_does_not_make_all_after_it_differ() {
    assert_eq!(counts(&compared("a\nb\nc\n", &["a\n", "c\n"])), (3, 2, 1, 0, false));
    assert_eq!(counts(&compared("a\nc\n", &["a\n", "b\n", "c\n"])), (2, 3, 0, 1, false));
    assert_eq!(counts(&compared("a\nb\nc\n", &["a\n", "x\n", "c\n"])), (3, 3, 1, 1, false));
    assert_eq!(counts(&compared("a\n", &[])), (1, 0, 1, 0, false));
    assert_eq!(counts(&compared("", &["a\n"])), (0, 1, 0, 1, false));
}

#[test]
fn copies_are_counted_and_not_only_known() {
    let twice = compared("a\na\nb\n", &["a\n", "b\n", "b\n"]);
    assert_eq!(counts(&twice), (3, 3, 1, 1, false));
    assert_eq!(twice.first_missing[0].rule_title, "a");
    assert_eq!(twice.first_new[0].rule_title, "b");
}

#[test]
fn another_order_is_a_difference() {
    let other = compared("a\nb\n", &["b\n", "a\n"]);
    assert_eq!(counts(&other), (2, 2, 0, 0, true));
    assert!(!other.is_same());
}
