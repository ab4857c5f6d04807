//! What users see: exit codes, standard output and standard error, files left behind.
//!
//! Each test builds its own archive and rules in a folder of its own and runs the program in it.
//! One module per command; `hunt` has one for each side of it.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "tests read what the program wrote")]

mod bounds;
mod broken;
mod browsed;
mod bundled;
mod bundles;
mod bystanders;
mod catalog;
mod completions;
mod containers;
mod corpus;
mod correlated;
mod damage;
mod duplicates;
mod evidence;
mod examples;
mod explained;
mod forged;
mod hostile;
mod inputs;
mod lints;
mod memory;
mod nothing;
mod odd;
mod outcomes;
mod outputs;
mod profile;
mod rebuilt;
mod repeat;
mod repositories;
mod resume;
mod rules;
mod sealed;
mod selected;
mod side_files;
mod special;
mod stopping;
mod totals;
mod unlisted;
mod vanishing;
mod verify;

#[path = "../../benches/corpus/mod.rs"]
#[expect(dead_code, reason = "a test uses the digests only")]
mod generator;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use generator::pack;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A rule of level high for `StopLogging`, and one of level low for `DescribeTrails`.
const STOP: &str = "\
title: Trail Stopped
id: 11111111-aaaa-4aaa-8aaa-000000000001
level: high
tags: [attack.defense-evasion]
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName: StopLogging}
  condition: selection
";
const LOOK: &str = "\
title: Trails Looked At
id: 11111111-aaaa-4aaa-8aaa-000000000002
level: low
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName: DescribeTrails}
  condition: selection
";
/// A document that cannot be run: there is no such modifier.
const BAD: &str = "\
title: Misspelled
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName|contians: Stop}
  condition: selection
";

/// A folder to work in, with `rules/stop.yml` and `rules/look.yml`.
struct Bench {
    folder: TempDir,
}

/// How a run ended.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        bench.file("rules/stop.yml", STOP);
        bench.file("rules/look.yml", LOOK);
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// A log file as AWS delivers it.
    fn log(&self, name: &str, records: &[Value]) {
        self.file(name, gzip(&log_text(records)));
    }

    /// The program, in this folder and without what the environment may say about colours.
    fn command(&self, args: &[&str]) -> assert_cmd::Command {
        let mut command = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("backtrail"));
        command.args(args).current_dir(self.folder.path());
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR"] {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        ran(&self.command(args).output().unwrap())
    }

    /// `hunt -r rules`, with these arguments.
    fn hunt(&self, args: &[&str]) -> Ran {
        self.run(&[&["hunt", "-r", "rules"], args].concat())
    }

    /// `hunt`, and the coverage report it wrote, in place of that of an earlier call.
    fn coverage(&self, args: &[&str]) -> (Ran, Value) {
        let ran = self.hunt(&[&["--coverage", "coverage.json", "--force"], args].concat());
        let coverage = serde_json::from_str(&self.read("coverage.json")).unwrap();
        (ran, coverage)
    }
}

fn ran(output: &std::process::Output) -> Ran {
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout.clone()).unwrap(),
        // Notes are broken between words at 100 columns.
        stderr: String::from_utf8(output.stderr.clone()).unwrap().replace("\n    ", " "),
    }
}

impl Ran {
    /// The findings of an NDJSON run.
    fn findings(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// One field of every finding.
    fn column(&self, name: &str) -> Vec<String> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        self.findings().iter().map(|finding| text(&finding[name])).collect()
    }
}

/// A record; its id is `id`, its time the `id`th second of 2024-05-01.
fn event(name: &str, id: u32) -> Value {
    json!({
        "eventVersion": "1.10",
        "eventTime": format!("2024-05-01T00:{:02}:{:02}Z", id / 60, id % 60),
        "eventSource": "cloudtrail.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.1",
        "userAgent": "aws-cli/2.0",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/mallory", "accessKeyId": "AKIAEXAMPLE"},
        "recipientAccountId": "111122223333",
        "eventID": format!("e-{id:04}"),
    })
}

fn log_text(records: &[Value]) -> String {
    json!({"Records": records}).to_string()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// The name of a log file of that account, region and day, as AWS gives it.
fn key(account: &str, region: &str, day: &str) -> String {
    let (slashed, plain) = (day.replace('-', "/"), day.replace('-', ""));
    format!(
        "AWSLogs/{account}/CloudTrail/{region}/{slashed}/{account}_CloudTrail_{region}_{plain}T0000Z_0123456789abcdef.json.gz"
    )
}
