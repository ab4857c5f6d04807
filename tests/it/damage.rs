//! Files that are more than they seem, and files that go away: outcomes, exit codes, sums and memory.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    process::Command,
};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use crate::{
    Bench, Ran, event, gzip, log_text,
    pack::{DEFLATE, Tar, Zip, bzip2},
    ran,
};

/// A hunt that may not use more than so many KiB of memory for data, and its coverage report.
fn hunt_within(kib: u32, bench: &Bench, args: &str) -> (Ran, Value) {
    let program = assert_cmd::cargo::cargo_bin!("backtrail").display();
    let line = format!(
        "ulimit -d {kib} && exec '{program}' hunt -r rules -j 1 --coverage coverage.json {args}"
    );
    let output =
        Command::new("sh").args(["-c", &line]).current_dir(bench.folder.path()).output().unwrap();
    let ran = ran(&output);
    assert!(ran.code.is_some(), "it was killed: {}", ran.stderr);
    (ran, serde_json::from_str(&bench.read("coverage.json")).unwrap())
}

/// The outcomes, which add up to the files.
fn outcomes(coverage: &Value) -> [u64; 4] {
    let count = |value: &Value| value.as_u64().unwrap();
    let counts = ["read", "salvaged", "skipped", "failed"];
    let counts = counts.map(|name| count(&coverage["outcomes"][name]));
    assert_eq!(counts.iter().sum::<u64>(), count(&coverage["totals"]["files"]));
    counts
}

/// Packs what `write` writes, without ever holding it.
fn packed(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
    let file = io::BufWriter::new(fs::File::create(path).unwrap());
    let mut encoder = GzEncoder::new(file, Compression::new(6));
    write(&mut encoder).unwrap();
    encoder.finish().unwrap().flush().unwrap();
}

const MIB: usize = 1 << 20;

fn repeated(out: &mut dyn Write, byte: u8, mib: usize) -> io::Result<()> {
    let piece = vec![byte; MIB];
    (0..mib).try_for_each(|_| out.write_all(&piece))
}

#[test]
fn a_bomb_is_hunted_to_its_end_in_little_memory() {
    let bench = Bench::new();
    packed(&bench.path("bomb.json.gz"), |out| {
        write!(out, r#"{{"Records":[{},"#, event("StopLogging", 1))?;
        repeated(out, b' ', 160)?;
        write!(out, "{}]}}", event("StopLogging", 2))
    });
    assert!(bench.path("bomb.json.gz").metadata().unwrap().len() < MIB as u64);
    let (ran, coverage) = hunt_within(96 << 10, &bench, "bomb.json.gz --max-inflated 1MiB");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.column("event_id"), ["e-0001", "e-0002"]);
    assert_eq!(outcomes(&coverage), [1, 0, 0, 0]);
    assert!(coverage["totals"]["bytes_inflated"].as_u64().unwrap() > 160 << 20);
}

#[test]
fn ten_gigabytes_of_text_are_hunted_to_their_end_in_little_memory() {
    const MEMBERS: usize = 100;
    const MEMBER: usize = 100;
    let bench = Bench::new();
    packed(&bench.path("part"), |out| repeated(out, 0, MEMBER));
    let part = fs::read(bench.path("part")).unwrap();
    let [first, last] = [1, 2].map(|id| log_text(&[event("StopLogging", id)]));
    let mut long = gzip(&format!("{first}\n"));
    (0..MEMBERS).for_each(|_| long.extend_from_slice(&part));
    long.extend_from_slice(&gzip(&format!("\n{last}")));
    bench.file("long.json.gz", long);
    let (ran, coverage) = hunt_within(96 << 10, &bench, "long.json.gz --max-inflated 1MiB");
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert_eq!(ran.column("event_id"), ["e-0001", "e-0002"]);
    assert_eq!(outcomes(&coverage), [0, 1, 0, 0], "{coverage}");
    let text = coverage["totals"]["bytes_inflated"].as_u64().unwrap();
    assert!(text > (MEMBERS * MEMBER * MIB) as u64);
}

#[test]
fn a_record_larger_than_memory_should_hold_is_told_and_its_neighbours_are_found() {
    let bench = Bench::new();
    packed(&bench.path("huge.json.gz"), |out| {
        let huge = event("StopLogging", 2).to_string();
        write!(out, r#"{{"Records":[{},"#, event("StopLogging", 1))?;
        write!(out, r#"{},"requestParameters":"#, huge.strip_suffix('}').unwrap())?;
        write!(out, "\"")?;
        repeated(out, b'x', 300)?;
        write!(out, "\"}},{}]}}", event("StopLogging", 3))
    });
    let (ran, coverage) = hunt_within(280 << 10, &bench, "huge.json.gz");
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert_eq!(ran.column("event_id"), ["e-0001", "e-0003"]);
    assert_eq!(ran.column("record"), ["0", "2"]);
    assert_eq!(outcomes(&coverage), [0, 1, 0, 0]);
    let reason = coverage["files"][0]["reasons"][0].as_str().unwrap();
    assert!(reason.contains("record 1") && reason.contains("larger than the cap"), "{reason}");
}

#[test]
fn a_bundle_of_bombs_ends_where_no_archive_would() {
    let bench = Bench::new();
    let mut inner = Zip::default();
    inner.file("blank.json", &vec![b' '; 16 * MIB], DEFLATE).unwrap();
    let mut outer = Zip::default();
    for number in 0..40 {
        outer.file(format!("{number}.zip"), &inner.finish(), DEFLATE).unwrap();
    }
    outer.file("log.json", log_text(&[event("StopLogging", 1)]).as_bytes(), DEFLATE).unwrap();
    bench.file("bombs.zip", outer.finish());
    let baseline = bench.run(&["profile", "--baseline", "bombs.zip", "-f", "json"]);
    assert_eq!(baseline.code, Some(3), "{}", baseline.stderr);
    let told: Value = serde_json::from_str(&baseline.stdout).unwrap();
    let inflated = told["bytes_inflated"].as_u64().unwrap();
    assert!((64 << 20..160 << 20).contains(&inflated), "{inflated} bytes of 640 MiB");
    let reason = "salvaged bombs.zip: decompression limit exceeded (possible zip bomb)";
    assert!(baseline.stderr.contains(reason), "{}", baseline.stderr);
}

#[test]
fn a_tar_that_inflates_to_more_than_any_archive_is_told_before_anything_in_it() {
    let bench = Bench::new();
    let tar = Tar::default().file("blank.json", &vec![b' '; 80 * MIB]).finish();
    bench.file("bomb.tar.bz2", bzip2(&tar).unwrap());
    assert!(bench.path("bomb.tar.bz2").metadata().unwrap().len() < 4096);
    let (ran, coverage) = hunt_within(128 << 10, &bench, "bomb.tar.bz2");
    assert_eq!((ran.code, outcomes(&coverage)), (Some(3), [0, 0, 0, 1]), "{}", ran.stderr);
    let reasons = &coverage["files"][0]["reasons"];
    assert_eq!(*reasons, json!(["decompression limit exceeded (possible zip bomb)"]));
}

#[test]
fn a_hundred_and_fifty_thousand_empty_files_are_as_many_failures_in_little_memory() {
    let bench = Bench::new();
    bench.log("logs/a.json.gz", &[event("StopLogging", 1)]);
    // One empty file under a thousand names is sooner made than a thousand files.
    let name = |folder, file| format!("logs/{folder:03}/20240501T0000Z_{file:016}.json.gz");
    for folder in 0..150 {
        let first = bench.path(&name(folder, 0));
        bench.file(&first, "");
        for file in 1..1000 {
            fs::hard_link(&first, bench.path(&name(folder, file))).unwrap();
        }
    }
    let (ran, coverage) = hunt_within(80 << 10, &bench, "logs");
    assert_eq!((ran.code, ran.findings().len()), (Some(3), 1), "{}", ran.stderr);
    assert_eq!(outcomes(&coverage), [1, 0, 0, 150_000]);
    let files = coverage["files"].as_array().unwrap();
    assert_eq!(files.len(), 150_000);
    for (at, (folder, file)) in [(0, (0, 0)), (123_456, (123, 456)), (149_999, (149, 999))] {
        let told = json!({
            "name": name(folder, file), "outcome": "failed", "reasons": ["it is empty"], "records": 0,
        });
        assert_eq!(files[at], told);
    }
    assert!(ran.stderr.lines().count() < 40, "the summary stays short");
}

#[test]
fn a_path_that_is_not_utf8_is_read_and_its_bytes_are_told() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

    let bench = Bench::new();
    let name = Path::new(OsStr::from_bytes(b"logs/f\xff/a\xe9.json"));
    bench.file(name, log_text(&[event("StopLogging", 1)]));
    bench.file(name.with_extension("gz"), "no gzip");
    let (ran, coverage) = bench.coverage(&["logs"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert_eq!(outcomes(&coverage), [1, 0, 0, 1]);
    let finding = &ran.findings()[0];
    assert_eq!(finding["file"], "logs/f\u{fffd}/a\u{fffd}.json");
    assert_eq!(finding["file_raw"], "6c6f67732f66ff2f61e92e6a736f6e");
    assert_eq!(coverage["files"][0]["name_raw"], "6c6f67732f66ff2f61e92e677a");
}

#[test]
fn a_link_loop_is_a_failure_under_follow_and_a_note_without() {
    let bench = Bench::new();
    bench.log("logs/in/a.json.gz", &[event("StopLogging", 1)]);
    std::os::unix::fs::symlink("..", bench.path("logs/in/up")).unwrap();
    std::os::unix::fs::symlink("self.json", bench.path("logs/self.json")).unwrap();
    let (ran, coverage) = bench.coverage(&["logs", "--follow"]);
    assert_eq!((ran.code, ran.findings().len()), (Some(3), 1), "{}", ran.stderr);
    assert_eq!(outcomes(&coverage), [1, 0, 0, 2]);
    let names: Vec<_> = (0..2).map(|at| &coverage["files"][at]["name"]).collect();
    assert_eq!(names, ["logs/in/up", "logs/self.json"]);
    assert_eq!(coverage["files"][0]["reasons"], json!(["a link to a folder it stands in"]));

    fs::remove_file(bench.path("logs/self.json")).unwrap();
    let (ran, coverage) = bench.coverage(&["logs"]);
    assert_eq!((ran.code, ran.findings().len()), (Some(0), 1));
    assert_eq!(outcomes(&coverage), [1, 0, 0, 0]);
    assert!(ran.stderr.contains("Skipped 1 link to folders"), "{}", ran.stderr);
}

#[test]
fn a_folder_that_cannot_be_listed_is_a_failure_and_the_rest_is_hunted() {
    use std::os::unix::fs::PermissionsExt;

    let bench = Bench::new();
    bench.log("logs/a.json.gz", &[event("StopLogging", 1)]);
    bench.log("logs/closed/b.json.gz", &[event("StopLogging", 2)]);
    // A folder that is none: a list may name what is below a file.
    bench.file("names", "logs/a.json.gz/b.json\nlogs/a.json.gz\n");
    let (ran, coverage) = bench.coverage(&["--files-from", "names"]);
    assert_eq!((ran.code, ran.findings().len()), (Some(3), 1));
    assert_eq!(outcomes(&coverage), [1, 0, 0, 1]);

    let closed = bench.path("logs/closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let may_all_the_same = fs::read_dir(&closed).is_ok();
    let (ran, coverage) = bench.coverage(&["logs"]);
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    if may_all_the_same {
        // Nothing is closed to the superuser.
        assert_eq!((ran.code, outcomes(&coverage)), (Some(0), [2, 0, 0, 0]));
        return;
    }
    assert_eq!((ran.code, ran.column("event_id")), (Some(3), vec!["e-0001".to_owned()]));
    assert_eq!(outcomes(&coverage), [1, 0, 0, 1]);
    assert_eq!(coverage["files"][0]["name"], "logs/closed");
}

#[test]
fn an_output_that_may_not_grow_keeps_its_part_and_says_where() {
    let bench = Bench::new();
    let records: Vec<_> = (0..400).map(|id| event("StopLogging", id)).collect();
    bench.log("a.json.gz", &records);
    let program = assert_cmd::cargo::cargo_bin!("backtrail").display();
    // Without the trap the signal would end the program, as it would any other.
    let line = format!(
        "trap '' XFSZ && ulimit -f 128 && exec '{program}' hunt -r rules a.json.gz -o found.ndjson --coverage coverage.json"
    );
    let output =
        Command::new("sh").args(["-c", &line]).current_dir(bench.folder.path()).output().unwrap();
    let ran = ran(&output);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("error: cannot write findings"), "{}", ran.stderr);
    assert!(ran.stderr.contains("found.ndjson.partial"), "{}", ran.stderr);
    assert!(!bench.path("found.ndjson").exists());
    let whole = bench.hunt(&["a.json.gz"]).stdout;
    let part = bench.read("found.ndjson.partial");
    assert!(!part.is_empty() && part.len() < whole.len() && whole.starts_with(&part));
    let coverage: Value = serde_json::from_str(&bench.read("coverage.json")).unwrap();
    outcomes(&coverage);
}
