//! Files that are no files: pipes, devices, files without an end; limits of the system.

use std::{
    fs,
    io::Write,
    os::unix::fs::symlink,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{Bench, event, log_text};

fn fifo(bench: &Bench, name: &str) {
    let made = Command::new("mkfifo").arg(bench.path(name)).status().unwrap();
    assert!(made.success());
}

fn begin(bench: &Bench, args: &[&str]) -> Child {
    Command::new(assert_cmd::cargo::cargo_bin!("backtrail"))
        .args([&["hunt", "-r", "rules"], args].concat())
        .current_dir(bench.folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Ends a program with one signal, and gives its exit code.
fn interrupt(child: &mut Child) -> Option<i32> {
    thread::sleep(Duration::from_millis(700));
    assert!(child.try_wait().unwrap().is_none(), "it waits");
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    panic!("one signal did not end it");
}

#[test]
fn pipes_are_read_if_they_are_named_and_reported_in_a_folder() {
    let bench = Bench::new();
    bench.file("in/a.json", log_text(&[event("StopLogging", 1)]));
    fifo(&bench, "in/pipe.json");
    let (ran, coverage) = bench.coverage(&["in"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert_eq!(coverage["files"][0]["reasons"], json!(["not a regular file"]));
    let child = begin(&bench, &["in/pipe.json"]);
    // The writer comes late, and writes in two parts.
    thread::sleep(Duration::from_millis(300));
    let mut pipe = fs::OpenOptions::new().write(true).open(bench.path("in/pipe.json")).unwrap();
    let text = log_text(&[event("StopLogging", 2)]);
    let (first, rest) = text.split_at(20);
    pipe.write_all(first.as_bytes()).unwrap();
    thread::sleep(Duration::from_millis(300));
    pipe.write_all(rest.as_bytes()).unwrap();
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 1);
}

#[test]
fn one_interrupt_ends_waiting_for_a_pipe_or_for_standard_input() {
    let bench = Bench::new();
    fifo(&bench, "pipe");
    for input in ["pipe", "-"] {
        let mut child = begin(&bench, &[input]);
        assert_eq!(interrupt(&mut child), Some(130), "{input}");
    }
    // A writer that never ends.
    let mut child = begin(&bench, &["pipe"]);
    let _writer = fs::OpenOptions::new().write(true).open(bench.path("pipe")).unwrap();
    assert_eq!(interrupt(&mut child), Some(130));
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_without_an_end_fails_and_the_others_are_searched() {
    let bench = Bench::new();
    bench.file("in/a.json", log_text(&[event("StopLogging", 1)]));
    symlink("/proc/self/pagemap", bench.path("in/endless.json")).unwrap();
    assert!(Path::new("/proc/self/pagemap").exists());
    let (ran, coverage) = bench.coverage(&["in"]);
    assert_eq!((ran.code, ran.findings().len()), (Some(3), 1), "{}", ran.stderr);
    let reason = coverage["files"][0]["reasons"][0].as_str().unwrap();
    assert!(reason.contains("it yields more than 1073741824 bytes"), "{reason}");
}

#[test]
fn more_threads_than_are_of_use_are_refused() {
    let bench = Bench::new();
    bench.file("in/a.json", log_text(&[event("StopLogging", 1)]));
    for (threads, said) in [
        ("100000", "threads are of use"),
        ("99999999999999999999", "threads are of use"),
        ("0", "must be at least 1"),
    ] {
        let ran = bench.hunt(&["in", "-j", threads]);
        assert_eq!(ran.code, Some(2), "{threads}");
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    assert_eq!(bench.hunt(&["in", "-j", "64"]).code, Some(0));
}

#[test]
fn a_limit_for_the_size_of_files_is_like_a_full_disk() {
    let bench = Bench::new();
    let records: Vec<_> = (0..60).map(|id| event("StopLogging", id)).collect();
    bench.file("in/a.json", log_text(&records));
    let program = assert_cmd::cargo::cargo_bin!("backtrail");
    let script = format!("ulimit -f 1; exec {} hunt -r rules in -o found.json", program.display());
    let output =
        Command::new("sh").args(["-c", &script]).current_dir(bench.folder.path()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(stderr.contains("File too large"), "{stderr}");
}
