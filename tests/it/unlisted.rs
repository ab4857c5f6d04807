//! Files in archives that the archive's directory does not list.

use serde_json::json;

use crate::{
    Bench, event, log_text,
    pack::{DEFLATE, STORED, Zip},
};

/// A sound archive of one file, with the headers and data of another one in its comment.
fn with_hidden() -> Vec<u8> {
    let text = |id| log_text(&[event("StopLogging", id)]).into_bytes();
    let mut hidden = Zip::default();
    hidden.file("hidden.json", &text(2), DEFLATE).unwrap();
    let hidden = hidden.bytes().to_vec();
    let mut zip = Zip::default();
    zip.file("a.json", &text(1), DEFLATE).unwrap();
    let mut bytes = zip.finish();
    let at = bytes.len() - 2;
    bytes[at..].copy_from_slice(&u16::try_from(hidden.len()).unwrap().to_le_bytes());
    [bytes, hidden].concat()
}

#[test]
fn a_file_that_no_directory_lists_is_searched_and_its_archive_reported() {
    let bench = Bench::new();
    bench.file("in/a.zip", with_hidden());
    let mut outer = Zip::default();
    outer.file("inner.zip", &with_hidden(), STORED).unwrap();
    bench.file("nested/a.zip", outer.finish());
    for (folder, archive) in [("in", "in/a.zip"), ("nested", "nested/a.zip!inner.zip")] {
        for way in [&[][..], &["--max-inflated", "64"], &["--no-prefilter"]] {
            let (ran, coverage) = bench.coverage(&[&[folder][..], way].concat());
            assert_eq!(ran.code, Some(3), "{way:?} {coverage:#}");
            let names = [format!("{archive}!a.json"), format!("{archive}!hidden.json")];
            assert_eq!(ran.column("file"), names, "{way:?}");
            let reported = coverage["files"].as_array().unwrap();
            let reported = reported.iter().find(|file| file["name"] == archive).unwrap();
            assert_eq!(reported["outcome"], "salvaged", "{way:?}");
            assert_eq!(reported["reasons"], json!(["a file that its directory does not list"]));
        }
    }
}

#[test]
fn data_behind_a_deflate_stream_is_reported() {
    use crate::pack::Entry;

    let bench = Bench::new();
    let text = log_text(&[event("StopLogging", 1)]);
    let mut entry = Entry::new("a.json", text.as_bytes(), DEFLATE).unwrap();
    entry.data.extend(b"something else");
    entry.packed += 14;
    let mut zip = Zip::default();
    zip.entry(&entry);
    bench.file("in/a.zip", zip.finish());
    for way in [&[][..], &["--max-inflated", "64"]] {
        let (ran, coverage) = bench.coverage(&[&["in"], way].concat());
        assert_eq!((ran.code, ran.findings().len()), (Some(3), 1), "{coverage:#}");
        let reason = coverage["files"][0]["reasons"][0].as_str().unwrap();
        assert_eq!(reason, "14 bytes of other data behind the compressed data");
    }
}
