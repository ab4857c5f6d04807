//! `hunt --resume`: however a hunt is interrupted, its result is that of an undisturbed one.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    Bench, Ran, event, gzip, key, log_text,
    pack::{DEFLATE, Tar, Zip},
};

const BURST: &str = "\
title: Many Stops
id: 11111111-aaaa-4aaa-8aaa-000000000003
level: critical
correlation:
  type: event_count
  rules: [11111111-aaaa-4aaa-8aaa-000000000001]
  group-by: [sourceIPAddress]
  timespan: 10m
  condition: {gte: 3}
";

/// Numbers that look random and are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// Many files: some with findings, some damaged, copies of each other, bundles and bundles in bundles.
fn archive(bench: &Bench, files: u32) {
    for file in 0..files {
        let name = if file % 7 == 3 { "StopLogging" } else { "DescribeTrails" };
        // Every fifth file has the records of the one before.
        let first = (file - u32::from(file % 5 == 4)) * 20;
        let records: Vec<_> = (first..first + 20)
            .map(|id| event(if id % 4 == 0 { name } else { "GetObject" }, id % 3000))
            .collect();
        let day = format!("2024-05-{:02}", 1 + file % 28);
        let name = key("111122223333", "eu-west-1", &day);
        let name = name.replace("0123456789abcdef", &format!("{file:016}"));
        bench.log(&format!("logs/{name}"), &records);
    }
    let text = gzip(&log_text(&[event("StopLogging", 1), event("StopLogging", 2000)]));
    bench.file("logs/a-cut.json.gz", &text[..text.len() - 9]);
    bench.file("logs/b-notes.txt", "nothing");
    bench.file("logs/c-wrong.json", "{}");
    let of = |id| gzip(&log_text(&[event("StopLogging", id), event("GetObject", id + 1)]));
    let mut inner = Tar::default();
    let mut tar = Tar::default();
    for id in 0..30 {
        inner.file(format!("in/{id}.json.gz"), &of(2100 + id));
        tar.file(format!("out/{id}.json.gz"), &of(2200 + id));
        tar.file(format!("out/{id}-excluded.txt"), b"no");
    }
    tar.file("inner.tar", &inner.finish());
    tar.file("later.json.gz", &of(2300));
    bench.file("logs/d.tar", tar.finish());
    bench.file("logs/e.tar.gz", crate::pack::gzip(&tar.finish()).unwrap());
    let mut zip = Zip::default();
    for id in 0..30 {
        zip.file(format!("{id}.json.gz"), &of(2400 + id), DEFLATE).unwrap();
    }
    zip.file("inner.tar", &inner.finish(), DEFLATE).unwrap();
    zip.file("last.json.gz", &of(2500), DEFLATE).unwrap();
    bench.file("logs/f.zip", zip.finish());
    bench.file("rules/burst.yml", BURST);
}

/// Options beside `--resume`.
const WAYS: [&[&str]; 8] = [
    &["-f", "ndjson"],
    &["-f", "table", "--events"],
    &["-f", "csv", "--duplicates", "keep", "-j", "1"],
    &["-f", "ndjson", "--sort", "time", "--coverage-detail", "times"],
    &["-f", "ndjson", "--coverage-detail", "all", "--exclude", "*-excluded.txt"],
    &[
        "-f",
        "table",
        "--sort",
        "time",
        "--from",
        "2024-05-01",
        "--to",
        "2024-05-02",
        "--late-days",
        "3",
    ],
    &["-f", "ndjson", "--limit", "70"],
    &["-f", "ndjson", "--verify", "--keys", "keys.json", "--account", "111122223333"],
];

fn arguments<'a>(way: &[&'a str]) -> Vec<&'a str> {
    let fixed = ["hunt", "-r", "rules", "logs", "-o", "found", "--coverage", "coverage.json"];
    [&fixed, way, &["--resume", "state"]].concat()
}

fn hunt(bench: &Bench, way: &[&str]) -> Ran {
    bench.run(&arguments(way))
}

/// The coverage report without times and command.
fn coverage(bench: &Bench) -> Value {
    let mut coverage: Value = serde_json::from_str(&bench.read("coverage.json")).unwrap();
    for name in ["started", "finished", "command"] {
        assert!(coverage.as_object_mut().unwrap().remove(name).is_some(), "{name}");
    }
    coverage
}

/// What a hunt leaves behind.
#[derive(Debug, PartialEq)]
struct Left {
    code: Option<i32>,
    found: String,
    coverage: Value,
}

fn left(bench: &Bench, ran: &Ran) -> Left {
    Left { code: ran.code, found: bench.read("found"), coverage: coverage(bench) }
}

/// What a hunt leaves that nothing disturbs and that has no checkpoint.
fn undisturbed(bench: &Bench, way: &[&str]) -> Left {
    let arguments = arguments(way);
    let ran = bench.run(&arguments[..arguments.len() - 2]);
    assert!(matches!(ran.code, Some(0 | 3)), "{}", ran.stderr);
    let left = left(bench, &ran);
    assert!(!left.found.is_empty());
    for file in ["found", "coverage.json"] {
        fs::remove_file(bench.path(file)).unwrap();
    }
    left
}

fn bench(files: u32) -> Bench {
    let bench = Bench::new();
    archive(&bench, files);
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/digests/keys.json");
    bench.file("keys.json", fs::read(keys).unwrap());
    bench
}

#[test]
fn a_hunt_that_is_killed_two_hundred_times_ends_as_one_that_is_not() {
    let bench = bench(200);
    let mut random = Random(0x5EED);
    let mut kills = 0;
    let mut ways = WAYS.iter().cycle();
    while kills < 200 {
        let way = ways.next().unwrap();
        let whole = undisturbed(&bench, way);
        let mut longest = 5_000;
        loop {
            let begun = Instant::now();
            let mut child = Command::new(assert_cmd::cargo::cargo_bin!("backtrail"))
                .args(arguments(way))
                .current_dir(bench.folder.path())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            thread::sleep(Duration::from_micros(random.below(longest)));
            // On Unix this is a SIGKILL.
            child.kill().unwrap();
            let code = child.wait().unwrap().code();
            assert!(begun.elapsed() < Duration::from_mins(1));
            if code.is_some() {
                let coverage = coverage(&bench);
                assert_eq!(Left { code, found: bench.read("found"), coverage }, whole, "{way:?}");
                break;
            }
            kills += 1;
            // Later each time, so that each hunt is killed early and late, and ends.
            longest += 10_000;
        }
        for file in ["state", "found", "coverage.json"] {
            fs::remove_file(bench.path(file)).unwrap();
        }
    }
}

#[test]
fn a_checkpoint_that_ends_anywhere_is_resumed_from() {
    let bench = bench(40);
    let mut random = Random(0xC07);
    let mut cuts = 0;
    for way in WAYS {
        let whole = undisturbed(&bench, way);
        let ran = hunt(&bench, way);
        assert_eq!(left(&bench, &ran), whole, "{way:?}: {}", ran.stderr);
        let state = fs::read(bench.path("state")).unwrap();
        for _ in 0..25 {
            let cut = usize::try_from(random.below(state.len() as u64)).unwrap();
            bench.file("state", &state[..cut]);
            for file in ["found", "coverage.json"] {
                fs::remove_file(bench.path(file)).unwrap();
            }
            let ran = hunt(&bench, way);
            assert_eq!(left(&bench, &ran), whole, "{way:?} cut at {cut}: {}", ran.stderr);
            cuts += 1;
        }
        for file in ["state", "found", "coverage.json"] {
            fs::remove_file(bench.path(file)).unwrap();
        }
    }
    assert_eq!(cuts, 200);
}

#[test]
fn a_file_of_which_half_the_findings_were_kept_is_begun_again() {
    let bench = Bench::new();
    let records: Vec<_> = (0..1500).map(|id| event("StopLogging", id)).collect();
    bench.log("logs/a.json.gz", &records);
    bench.log("logs/b.json.gz", &[event("StopLogging", 2000)]);
    let ran = hunt(&bench, &[]);
    let whole = left(&bench, &ran);
    let state = fs::read(bench.path("state")).unwrap();
    assert!(state.len() > 1 << 20, "its findings are kept in several blocks");
    for cut in [state.len() / 3, state.len() / 2, state.len() * 9 / 10] {
        bench.file("state", &state[..cut]);
        // The second run replays what the first one kept behind the half.
        for run in ["resumes", "replays"] {
            let ran = hunt(&bench, &[]);
            assert_eq!(left(&bench, &ran), whole, "{run}, cut at {cut}: {}", ran.stderr);
        }
    }
}

#[test]
fn a_byte_that_is_not_what_was_written_ends_what_is_believed() {
    let bench = bench(20);
    let way = WAYS[0];
    let whole = undisturbed(&bench, way);
    hunt(&bench, way);
    let state = fs::read(bench.path("state")).unwrap();
    let mut random = Random(0xB17);
    for _ in 0..20 {
        // In the second half is what was done.
        let half = state.len() / 2;
        let at = half + usize::try_from(random.below((state.len() - half) as u64)).unwrap();
        let mut changed = state.clone();
        changed[at] ^= 1 << random.below(8);
        bench.file("state", changed);
        let ran = hunt(&bench, way);
        assert_eq!(left(&bench, &ran), whole, "changed at {at}: {}", ran.stderr);
    }
    let mut changed = state.clone();
    changed[60] ^= 1;
    bench.file("state", changed);
    let ran = hunt(&bench, way);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("is corrupt; delete it"), "{}", ran.stderr);
}

#[test]
fn what_was_done_is_not_done_again() {
    let bench = bench(40);
    let way = WAYS[0];
    let ran = hunt(&bench, way);
    assert!(!ran.stderr.contains("already processed"), "{}", ran.stderr);
    let whole = left(&bench, &ran);
    let files = whole.coverage["totals"]["files"].as_u64().unwrap();
    // All that is left to see are names and sizes: nothing could be read any more.
    for entry in fs::read_dir(bench.path("logs")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let found = fs::metadata(&path).unwrap();
            fs::write(&path, vec![0; usize::try_from(found.len()).unwrap()]).unwrap();
            let file = OpenOptions::new().write(true).open(&path).unwrap();
            file.set_modified(found.modified().unwrap()).unwrap();
        }
    }
    let ran = hunt(&bench, way);
    assert!(ran.stderr.contains("resuming the hunt that began at"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains(&format!("{files} of the files were already processed")),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("6 of the files have the same size and time"), "{}", ran.stderr);
    assert_eq!(left(&bench, &ran), whole);
}

#[test]
fn a_container_is_resumed_where_it_was() {
    let bench = Bench::new();
    let mut tar = Tar::default();
    for id in 0..200 {
        tar.file(format!("{id:03}.json"), log_text(&[event("StopLogging", id)]).as_bytes());
    }
    let bytes = tar.finish();
    bench.file("logs/all.tar", &bytes);
    let ran = hunt(&bench, &[]);
    let whole = left(&bench, &ran);
    let state = fs::read(bench.path("state")).unwrap();
    bench.file("state", &state[..state.len() - 10]);
    // The first hundred files are other ones now, and the name and the time of the tar are not.
    let found = fs::metadata(bench.path("logs/all.tar")).unwrap();
    let mut changed = bytes.clone();
    for at in (0..100).map(|file| file * (bytes.len() / 201)) {
        if changed[at..].starts_with(b"0") && changed[at + 512] == b'{' {
            changed[at + 513] = b'X';
        }
    }
    assert_ne!(changed, bytes);
    bench.file("logs/all.tar", changed);
    let file = OpenOptions::new().write(true).open(bench.path("logs/all.tar")).unwrap();
    file.set_modified(found.modified().unwrap()).unwrap();
    let ran = hunt(&bench, &[]);
    assert_eq!(left(&bench, &ran), whole, "what was done is not opened again: {}", ran.stderr);
}

#[test]
fn other_inputs_rules_or_options_are_told_and_refused() {
    let bench = bench(10);
    let way = WAYS[0];
    hunt(&bench, way);
    let refused = |bench: &Bench, way: &[&str], told: &str| {
        let before = fs::read(bench.path("state")).unwrap();
        let ran = hunt(bench, way);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains(told), "{told:?} in {}", ran.stderr);
        assert_eq!(fs::read(bench.path("state")).unwrap(), before, "the checkpoint stays as it is");
    };
    refused(&bench, &["-f", "csv"], r#"--format was "ndjson", and is "csv""#);
    refused(&bench, &["--sort", "time"], r#"--sort was "file", and is "time""#);
    refused(&bench, &["--limit", "3"], "--limit was not given, and is 3");
    refused(&bench, &["--level", "high"], r#"--level was not given, and is "high""#);
    refused(&bench, &["rules"], r#"PATH was ["logs"], and is ["logs","rules"]"#);

    bench.file("rules/stop.yml", crate::STOP.replace("level: high", "level: low"));
    refused(&bench, way, "--rules: rules/stop.yml has changed");
    bench.file("rules/stop.yml", crate::STOP);
    bench.file("rules/more.yml", crate::LOOK.replace("000002", "000009"));
    refused(&bench, way, "--rules: rules/more.yml is new");
    fs::remove_file(bench.path("rules/more.yml")).unwrap();

    bench.file("logs/zz.json", "{}");
    refused(&bench, way, "logs/zz.json is new");
    fs::remove_file(bench.path("logs/zz.json")).unwrap();
    let notes = fs::metadata(bench.path("logs/b-notes.txt")).unwrap().modified().unwrap();
    bench.file("logs/b-notes.txt", "noth1ng");
    refused(&bench, way, "logs/b-notes.txt was modified");
    let mut file = OpenOptions::new().append(true).open(bench.path("logs/b-notes.txt")).unwrap();
    file.write_all(b"!").unwrap();
    refused(&bench, way, "logs/b-notes.txt had 7 bytes and now has 8");
    fs::remove_file(bench.path("logs/b-notes.txt")).unwrap();
    refused(&bench, way, "logs/b-notes.txt is gone");
    bench.file("logs/b-notes.txt", "nothing");
    let file = OpenOptions::new().write(true).open(bench.path("logs/b-notes.txt")).unwrap();
    file.set_modified(notes).unwrap();
    assert_eq!(hunt(&bench, way).code, Some(3), "all is as it was again");
    refused(&bench, &["--memory", "32MiB"], "--memory was 1073741824, and is 33554432");
    // How the work is done may change.
    let ran = hunt(&bench, &[way, &["-j", "1", "--access", "read", "--fail-on", "low"]].concat());
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_resumed_is_refused() {
    let bench = bench(3);
    let refused = |args: &[&str], told: &str| {
        let ran = bench.hunt(args);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains(told), "{told:?} in {}", ran.stderr);
    };
    refused(&["logs", "--resume", "state"], "--output");
    refused(&["logs", "--resume", "state", "-o", "-"], "--resume needs a file");
    refused(&["logs", "--resume", "state", "-o", "/dev/null"], "--resume needs a file");
    refused(&["-", "--resume", "state", "-o", "found"], "--resume with - for standard input");
    refused(&["/dev/null", "--resume", "state", "-o", "found"], "--resume with /dev/null");
    refused(&["logs", "--resume", "found", "-o", "found"], "write to the same place");
    refused(&["logs", "--resume", "./found", "-o", "found"], "write to the same place");
    bench.file("old", "backtrail state\n and what an earlier version wrote");
    refused(&["logs", "--resume", "old", "-o", "found"], "checkpoint of another version");
    assert!(bench.read("old").ends_with("earlier version wrote"));
    bench.file("precious", "what someone wrote");
    refused(&["logs", "--resume", "precious", "-o", "found"], "is not a checkpoint");
    assert_eq!(bench.read("precious"), "what someone wrote");
    refused(&["logs", "--resume", "logs", "-o", "found"], "--resume logs lies in logs");
    refused(&["logs", "--resume", "rules", "-o", "found"], "cannot read or write the checkpoint");
}

#[test]
fn a_hunt_that_is_resumed_replaces_its_own_files_and_no_others() {
    let bench = bench(10);
    let way = WAYS[0];
    let ran = hunt(&bench, way);
    let whole = left(&bench, &ran);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let state = fs::read(bench.path("state")).unwrap();
    bench.file("state", &state[..state.len() - 100]);
    bench.file("found.partial", "what the killed hunt left");
    let ran = hunt(&bench, way);
    assert_eq!(left(&bench, &ran), whole, "{}", ran.stderr);
    bench.file("other.json", "another hunt's");
    let args = ["hunt", "-r", "rules", "logs", "-o", "found", "--coverage", "other.json"];
    let args = [&args[..], way, &["--resume", "state"]].concat();
    let ran = bench.run(&args);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("other.json exists and is not empty"), "{}", ran.stderr);
    assert_eq!(bench.read("other.json"), "another hunt's");
    assert_eq!(bench.run(&[&args[..], &["--force"]].concat()).code, Some(3));
    fs::remove_file(bench.path("state")).unwrap();
    let ran = hunt(&bench, way);
    assert_eq!(ran.code, Some(2), "without a checkpoint it is not its own: {}", ran.stderr);
    assert!(ran.stderr.contains("--output found exists"), "{}", ran.stderr);
}

#[test]
fn two_hunts_do_not_use_one_checkpoint() {
    let bench = bench(3);
    hunt(&bench, WAYS[0]);
    let file = fs::File::open(bench.path("state")).unwrap();
    file.lock().unwrap();
    let ran = hunt(&bench, WAYS[0]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("another running hunt uses the checkpoint state"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_run_bundle_is_resumed_too() {
    let bench = bench(20);
    let way = ["-f", "csv", "--bundle", "run"];
    let whole = hunt(&bench, &way);
    assert_eq!(whole.code, Some(3), "{}", whole.stderr);
    let (found, recorded) = (bench.read("found"), bench.read("run/findings.ndjson"));
    let state = fs::read(bench.path("state")).unwrap();
    for (cut, finished) in [(state.len() * 2 / 3, false), (state.len(), true)] {
        bench.file("state", &state[..cut]);
        if !finished {
            for part in ["manifest.json", "options.json", "coverage.json", "rules.json"] {
                fs::remove_file(bench.path(&format!("run/{part}"))).unwrap();
            }
        }
        let ran = hunt(&bench, &way);
        assert_eq!(ran.code, Some(3), "{}", ran.stderr);
        assert_eq!(
            (bench.read("found"), bench.read("run/findings.ndjson")),
            (found.clone(), recorded.clone())
        );
        let repeated = bench.run(&["repeat", "run"]);
        assert_eq!(repeated.code, Some(0), "{}", repeated.stderr);
    }
    bench.file("run/other.txt", "someone's");
    let ran = hunt(&bench, &way);
    assert_eq!(ran.code, Some(2), "a folder with something else in it is not written to");
    assert!(ran.stderr.contains("is not empty"), "{}", ran.stderr);
}

#[test]
fn an_interrupted_hunt_is_resumed() {
    let bench = bench(150);
    let way = WAYS[0];
    let whole = undisturbed(&bench, way);
    let mut interrupted = 0;
    for wait in (0..).map(|round| 10 + 15 * round) {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin!("backtrail"))
            .args(arguments(way))
            .current_dir(bench.folder.path())
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(wait));
        let pid = child.id().to_string();
        Command::new("kill").args(["-INT", &pid]).status().unwrap();
        let code = child.wait().unwrap().code();
        if code == Some(3) {
            let coverage = coverage(&bench);
            assert_eq!(Left { code, found: bench.read("found"), coverage }, whole);
            break;
        }
        // Before the program listens to signals they end it.
        assert!(matches!(code, Some(130) | None), "{code:?}");
        interrupted += u32::from(code == Some(130));
    }
    assert!(interrupted > 0, "it was interrupted at least once");
}
