//! The inputs kept for the fuzz targets still find nothing.
//!
//! Each file of `fuzz/corpus/` goes to the same function that libFuzzer calls, on any toolchain.

#![expect(clippy::disallowed_methods, reason = "the corpora are read from disk")]

#[path = "../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "they are public in the package they belong to")]
mod targets;

use std::{fs, path::Path};

/// Gives all inputs of a target to it.
fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let entries = fs::read_dir(&folder).expect("each target has a corpus");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a listed file").path()).collect();
    files.sort();
    assert!(files.len() > 10, "{} inputs in {}", files.len(), folder.display());
    for file in files {
        let input = fs::read(&file).expect("the input can be read");
        let name = file.file_name().unwrap_or_default().to_owned();
        // Which input it was is not in the message of a panic.
        let sound = std::panic::catch_unwind(|| check(&input)).is_ok();
        assert!(sound, "{target}: {}", name.display());
    }
}

#[test]
fn the_inputs_of_condition_find_nothing() {
    replay("condition", targets::condition::check);
}

#[test]
fn the_inputs_of_containers_find_nothing() {
    replay("containers", targets::containers::check);
}

#[test]
fn the_inputs_of_inflate_find_nothing() {
    replay("inflate", targets::inflate::check);
}

#[test]
fn the_inputs_of_rule_yaml_find_nothing() {
    replay("rule_yaml", targets::rule_yaml::check);
}

#[test]
fn the_inputs_of_scan_find_nothing() {
    replay("scan", targets::scan::check);
}

#[test]
fn the_inputs_of_split_find_nothing() {
    replay("split", targets::split::check);
}
