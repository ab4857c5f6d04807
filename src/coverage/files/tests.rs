//! What goes into the list comes out of it, from memory and from disk.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use proptest::prelude::*;

use super::*;
use crate::coverage::Coverage;

fn failed(number: u64) -> FileCovered {
    FileCovered {
        name: format!("AWSLogs/111122223333/CloudTrail/us-east-1/2024/05/01/{number:08}.json.gz"),
        name_raw: None,
        outcome: "failed".into(),
        reasons: vec!["it is empty".to_owned()],
        records: 0,
        integrity: None,
        sha256: None,
    }
}

fn list(limit: usize, files: &[FileCovered]) -> FilesCovered {
    let mut list = FilesCovered::with_memory(limit);
    for file in files {
        list.push(file).unwrap();
    }
    list
}

/// Files with texts that have beginnings in common, and some that have none.
fn file() -> impl Strategy<Value = FileCovered> {
    let text = "(logs/|логи/|\u{0})?(a{0,3}|é|[ab\u{e8}\u{e9}]{0,4}|.{0,9})";
    let hash = prop_oneof!["[0-9a-f]{64}", "[0-9a-fA-F]{62,66}", ".{0,4}"];
    let word = |words: &'static [&'static str]| proptest::sample::select(words);
    (
        (text, proptest::option::of("[0-9a-f]{0,20}")),
        word(&["read", "salvaged", "skipped", "failed"]),
        proptest::collection::vec(text, 0..4),
        prop_oneof![Just(0), 0..300_u64, any::<u64>()],
        proptest::option::of(word(&["valid", "modified", "unchecked"])),
        proptest::option::of(hash),
    )
        .prop_map(|((name, name_raw), outcome, reasons, records, integrity, sha256)| {
            let (outcome, integrity) = (outcome.into(), integrity.map(Word::from));
            FileCovered { name, name_raw, outcome, reasons, records, integrity, sha256 }
        })
}

proptest! {
    #[test]
    fn what_goes_in_comes_out_and_is_written_as_a_plain_list_would_be(
        files in proptest::collection::vec(file(), 0..40),
        limit in prop_oneof![Just(1), 1..400_usize, Just(MEMORY)],
    ) {
        let list = list(limit, &files);
        prop_assert_eq!(list.len(), files.len() as u64);
        prop_assert_eq!(list.is_empty(), files.is_empty());
        let on_disk = list.filed_bytes > 0;
        prop_assert!(on_disk || limit > 1 || files.len() < 2, "the smallest limit holds one file");
        // Twice, and both at once.
        for (file, (one, other)) in files.iter().zip(list.iter().zip(&list)) {
            prop_assert_eq!(file, &one.unwrap());
            prop_assert_eq!(file, &other.unwrap());
        }
        prop_assert_eq!(list.iter().count(), files.len());
        prop_assert_eq!(
            crate::text::escape::json_text(&list).unwrap(),
            crate::text::escape::json_text(&files).unwrap()
        );
        let json = serde_json::to_vec(&list).unwrap();
        prop_assert_eq!(&json, &serde_json::to_vec(&files).unwrap());
        let back: FilesCovered = serde_json::from_slice(&json).unwrap();
        prop_assert_eq!(back.iter().collect::<io::Result<Vec<_>>>().unwrap(), files);
    }
}

#[test]
fn a_file_takes_little_memory_and_all_of_them_no_more_than_the_limit() {
    let files: Vec<_> = (0..20_000).map(failed).collect();
    let held = list(MEMORY, &files);
    assert!(held.filed.is_none() && held.memory.len() < 20 * files.len(), "{}", held.memory.len());
    let spilled = list(4096, &files);
    assert!(spilled.memory.capacity() < 3 * 4096, "{}", spilled.memory.capacity());
    assert_eq!(spilled.filed_bytes + spilled.memory.len() as u64, held.memory.len() as u64);
}

#[test]
fn a_list_with_ever_new_outcomes_is_refused() {
    let file = |id: u64| FileCovered { outcome: format!("outcome {id}").into(), ..failed(id) };
    let json = |count| serde_json::to_vec(&(0..count).map(file).collect::<Vec<_>>()).unwrap();
    let read = |count| serde_json::from_slice::<FilesCovered>(&json(count));
    assert_eq!(read(10).unwrap().len(), 10);
    assert!(read(100).unwrap_err().to_string().contains("too many kinds of outcome"));
}

#[test]
fn a_file_that_cannot_be_kept_leaves_the_list_as_it_was() {
    let mut list = list(1 << 10, &(0..100).map(failed).collect::<Vec<_>>());
    let writable = list.filed.take().unwrap();
    let closed = std::path::PathBuf::from("/proc/self/fd")
        .join(std::os::fd::AsRawFd::as_raw_fd(&writable).to_string());
    list.filed = Some(std::fs::OpenOptions::new().read(true).open(closed).unwrap());
    let refused = (100..200).map(|number| list.push(&failed(number)).err());
    let refused = refused.take_while(Option::is_none).count() as u64;
    assert!(refused < 100, "it is told");
    let kept = 100 + refused;
    assert!(list.push(&failed(kept)).is_err(), "and told again");
    assert_eq!(list.len(), kept);
    // What could not be written then can be written later.
    list.filed = Some(writable);
    list.push(&failed(kept)).unwrap();
    let back: Vec<_> = list.iter().map(Result::unwrap).collect();
    assert_eq!(back, (0..=kept).map(failed).collect::<Vec<_>>());
}

#[test]
fn what_the_disk_lost_is_an_error_and_the_end() {
    let list = list(1 << 10, &(0..500).map(failed).collect::<Vec<_>>());
    let lost = list.filed_bytes / 2;
    list.filed.as_ref().unwrap().set_len(lost).unwrap();
    let mut files = list.iter();
    let sound = files.by_ref().take_while(Result::is_ok).count();
    assert!((1..500).contains(&sound), "{sound}");
    assert!(files.next().is_none());
    let told = serde_json::to_string(&list).unwrap_err();
    assert!(told.to_string().contains("end of file"), "{told}");

    let mut coverage = Coverage { files: list, ..Coverage::default() };
    coverage.outcomes.insert("failed".into(), 500);
    let lines = coverage.summary_lines();
    assert!(lines[2].starts_with("The list of files cannot be read again: "), "{lines:?}");
    assert!(lines[3].starts_with("Failed: 500 files"), "{lines:?}");
    assert!(coverage.write_json(&mut io::sink()).is_err());
}
