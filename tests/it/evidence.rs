//! Evidence is never changed: no output is an input, whatever the spelling.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::symlink,
    process::Stdio,
};

use crate::{Bench, LOOK, Ran, STOP, event, log_text};

/// A folder with evidence, and other ways to name it.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("logs/in.json", log_text(&[event("StopLogging", 1)]));
    bench.file("logs/sub/b.json", log_text(&[event("StopLogging", 2)]));
    bench.file("logs/x.partial", log_text(&[event("StopLogging", 3)]));
    bench.file("other/readme", "not searched");
    fs::hard_link(bench.path("logs/in.json"), bench.path("hard.json")).unwrap();
    symlink("logs/in.json", bench.path("soft.json")).unwrap();
    symlink("soft.json", bench.path("softer.json")).unwrap();
    symlink("logs", bench.path("link")).unwrap();
    symlink("logs/new.json", bench.path("dangling.json")).unwrap();
    bench
}

/// Everything in a folder, with what is in the files.
fn content(bench: &Bench) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = crate::catalog::files(bench.folder.path())
        .into_iter()
        .map(|name| (name.clone(), fs::read(bench.path(&name)).unwrap_or_default()))
        .collect();
    files.sort();
    files
}

/// Runs the program, which refuses, says so with all of `told`, and changes nothing.
fn refused(bench: &Bench, args: &[&str], told: &[&str]) -> Ran {
    let before = content(bench);
    let ran = bench.run(args);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{args:?}: {}", ran.stderr);
    for part in told {
        assert!(ran.stderr.contains(part), "{args:?}: {part:?} is not in {}", ran.stderr);
    }
    assert!(content(bench) == before, "{args:?} changed something");
    ran
}

#[test]
fn an_output_is_not_an_input_in_any_spelling() {
    let bench = bench();
    let absolute = bench.path("logs/in.json");
    let spellings = [
        "logs/in.json",
        "./logs/in.json",
        "logs/./in.json",
        "logs//in.json",
        "logs/sub/../in.json",
        "other/../logs/in.json",
        "link/in.json",
        "link/sub/../in.json",
        "hard.json",
        "soft.json",
        "softer.json",
        absolute.to_str().unwrap(),
    ];
    for input in spellings {
        for output in spellings {
            for option in ["-o", "--coverage"] {
                let args = ["hunt", "-r", "rules", input, option, output, "--force"];
                refused(&bench, &args, &[output, input, "are the same file"]);
            }
        }
    }
    for output in spellings {
        let args = ["verify", "logs/in.json", "-o", output, "--force"];
        refused(&bench, &args, &[output, "logs/in.json", "are the same file"]);
        let args = ["hunt", "logs/in.json", "-o", "found", "--resume", output];
        refused(&bench, &args, &[output, "logs/in.json", "are the same file"]);
    }
}

#[test]
fn the_partial_file_of_an_output_is_not_an_input() {
    let bench = bench();
    for input in ["logs/x.partial", "link/x.partial", "./logs/x.partial"] {
        let args = ["hunt", "-r", "rules", input, "-o", "logs/x"];
        refused(&bench, &args, &["logs/x is written to logs/x.partial first", input]);
    }
}

#[test]
fn an_output_in_a_searched_folder_is_refused_with_a_place_outside() {
    let bench = bench();
    let absolute = bench.path("logs");
    for (folder, output, outside) in [
        ("logs", "logs/found.ndjson", "write it to found.ndjson"),
        ("logs/", "logs/sub/found.ndjson", "write it to found.ndjson"),
        (".", "found.ndjson", "write it to ../found.ndjson"),
        ("./", "other/found.ndjson", "write it to ../found.ndjson"),
        ("logs/sub/..", "logs/found.ndjson", "write it to logs/sub/../../found.ndjson"),
        ("logs", "link/found.ndjson", "write it to found.ndjson"),
        ("link", "logs/found.ndjson", "write it to found.ndjson"),
        ("logs", "dangling.json", "write it to dangling.json"),
        (absolute.to_str().unwrap(), "logs/found.ndjson", "write it to /"),
    ] {
        // A link that leads into the folder has no name that would be outside of it.
        let outside = if output == "dangling.json" { "write it elsewhere" } else { outside };
        for option in ["-o", "--coverage", "--bundle", "--resume"] {
            if option == "--bundle" && output == "dangling.json" {
                // A link is no folder for a record wherever it leads.
                continue;
            }
            let findings = if option == "--resume" { &["-o", "../never"][..] } else { &[] };
            let args = [&["hunt", "-r", "rules", folder, option, output][..], findings].concat();
            refused(&bench, &args, &[output, "which is searched", outside]);
        }
        // A report has other formats than findings.
        let [output, outside] = [output, outside].map(|text| text.replace(".ndjson", ".json"));
        let args = ["verify", folder, "-o", &output];
        refused(&bench, &args, &[&output, "which is searched", &outside]);
    }
    let args = ["hunt", "logs", "-o", "logs/in.json", "--force"];
    refused(&bench, &args, &["logs/in.json lies in logs"]);
}

#[test]
fn names_in_a_list_count_as_named_and_so_does_the_list() {
    let bench = bench();
    bench.file("names", "logs/in.json\nlogs/sub\nnot-there.json\n");
    let hunt = |output| ["hunt", "-r", "rules", "--files-from", "names", "-o", output, "--force"];
    refused(&bench, &hunt("hard.json"), &["hard.json", "logs/in.json", "are the same file"]);
    refused(&bench, &hunt("logs/sub/found"), &["logs/sub/found lies in logs/sub"]);
    refused(&bench, &hunt("names"), &["--output names", "--files-from names"]);
    refused(&bench, &hunt("./not-there.json"), &["./not-there.json", "not-there.json"]);
}

#[test]
fn rules_keys_lists_and_values_are_inputs_too() {
    let bench = bench();
    bench.file("values", "StopLogging\n");
    bench.file("keys.json", r#"{"PublicKeyList":[]}"#);
    symlink("rules", bench.path("linked-rules")).unwrap();
    for output in ["rules/stop.yml", "linked-rules/stop.yml", "./rules/../rules/stop.yml"] {
        let args = ["hunt", "-r", "rules", "logs", "-o", output, "--force"];
        refused(&bench, &args, &[output, "the rule file rules/stop.yml", "are the same file"]);
    }
    let args = ["hunt", "logs", "--placeholder", "a=@values", "-o", "values", "--force"];
    refused(&bench, &args, &["--output values", "--placeholder values"]);
    let args = ["hunt", "logs", "--verify", "--keys", "keys.json", "--coverage", "keys.json"];
    refused(&bench, &args, &["--coverage keys.json", "--keys keys.json"]);
    let args = ["rules", "catalog", "rules", "-r", "rules", "--force"];
    refused(&bench, &args, &["rules/look.yml", "rules"]);
    let args = ["rules", "catalog", ".", "-r", "linked-rules/stop.yml", "--force"];
    refused(&bench, &args, &["linked-rules/stop.yml"]);
}

#[test]
fn outputs_do_not_meet_each_other() {
    let bench = bench();
    let hunt = |args: &[&'static str]| [&["hunt", "-r", "rules", "logs"][..], args].concat();
    for args in [
        &["-o", "out", "--coverage", "out"][..],
        &["-o", "out", "--coverage", "./out"],
        &["-o", "out", "--coverage", "other/../out"],
        &["-o", "out.partial", "--coverage", "out"],
        &["-o", "out", "--coverage", "out.partial"],
        &["-o", "out", "--resume", "other/../out"],
        &["-o", "out", "--resume", "out.partial"],
        &["-o", "run/found", "--bundle", "run"],
        &["-o", "run/found", "--bundle", "./other/../run/"],
        &["-o", "out", "--coverage", "run/sub/coverage", "--bundle", "run"],
    ] {
        refused(&bench, &hunt(args), &["write to the same place"]);
    }
}

#[test]
fn files_that_only_a_walk_meets_are_not_replaced() {
    let bench = bench();
    bench.file("store/a.json", log_text(&[event("StopLogging", 4)]));
    symlink("../store/a.json", bench.path("logs/linked.json")).unwrap();
    let args = ["hunt", "-r", "rules", "logs", "-o", "store/a.json", "--force"];
    refused(&bench, &args, &["store/a.json", "logs/linked.json", "are the same file"]);
    let args = ["hunt", "-r", "rules", "logs", "--coverage", "hard.json", "--force"];
    refused(&bench, &args, &["hard.json", "logs/in.json", "are the same file"]);
    bench.file("far/c.json", log_text(&[event("StopLogging", 5)]));
    symlink("../far", bench.path("logs/far")).unwrap();
    let args = ["hunt", "-r", "rules", "logs", "--follow", "-o", "far/found"];
    refused(&bench, &args, &["far/found", "logs/far", "through a link"]);
}

#[test]
fn an_earlier_result_is_only_replaced_on_request() {
    let bench = bench();
    for name in ["found", "coverage.json"] {
        bench.file(name, "an earlier result");
        let option = if name == "found" { "-o" } else { "--coverage" };
        let args = ["hunt", "-r", "rules", "logs", option, name];
        refused(&bench, &args, &[name, "exists and is not empty; --force replaces it"]);
        let ran = bench.run(&[&args[..], &["--force"]].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(bench.read(name).starts_with('{'));
        // `mktemp` creates an empty file for its caller.
        bench.file(name, "");
        assert_eq!(bench.run(&args).code, Some(0));
        assert!(bench.read(name).starts_with('{'));
    }
}

#[test]
fn pipes_devices_and_descriptors_are_written_to() {
    let bench = bench();
    let straight = bench.hunt(&["logs"]).stdout;
    assert_eq!(straight.lines().count(), 3);
    for output in ["/dev/stdout", "/dev/fd/1", "-"] {
        assert_eq!(bench.hunt(&["logs", "-o", output]).stdout, straight, "{output}");
    }
    let ran = bench.hunt(&["logs", "-o", "/dev/null", "--coverage", "/dev/null"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    let ran = bench.hunt(&["/dev/null", "logs", "-o", "/dev/null"]);
    assert_ne!(ran.code, Some(2), "a device keeps nothing: {}", ran.stderr);
}

/// Runs the program with standard output redirected to a file, as a shell does it.
fn redirected(bench: &Bench, args: &[&str], file: &str, append: bool) -> (Option<i32>, String) {
    let stdout = OpenOptions::new()
        .create(true)
        .write(true)
        .append(append)
        .truncate(!append)
        .open(bench.path(file))
        .unwrap();
    let output = std::process::Command::new(assert_cmd::cargo::cargo_bin!("backtrail"))
        .args(args)
        .current_dir(bench.folder.path())
        .stdin(Stdio::null())
        .stdout(stdout)
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn standard_output_in_a_searched_folder_is_not_searched() {
    let bench = bench();
    let straight = bench.hunt(&["logs"]).stdout;
    let hunt = ["hunt", "-r", "rules", "logs"];
    // Its name is that of the file which is searched first.
    let (code, stderr) = redirected(&bench, &hunt, "logs/a.json", false);
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(bench.read("logs/a.json"), straight);
    assert!(stderr.contains("Searched 3 files"), "{stderr}");
    let (code, stderr) = redirected(&bench, &["profile", "logs"], "logs/a.json", false);
    assert_eq!(code, Some(0), "{stderr}");
}

#[test]
fn nothing_is_added_to_a_file_in_a_searched_folder() {
    let bench = bench();
    let run = bench.hunt(&["logs", "--bundle", "run"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for args in [
        &["hunt", "-r", "rules", "logs"][..],
        &["hunt", "-r", "rules", "logs", "--coverage", "/dev/stdout", "-o", "found"],
        &["hunt", "-r", "rules", "logs", "-o", "/dev/fd/1"],
        &["verify", "logs"],
        &["verify", "logs", "-o", "/dev/stdout"],
        &["profile", "logs"],
        &["repeat", "run"],
        &["rules", "check", "rules", "--against", "logs"],
        &["rules", "explain", "rules/stop.yml", "--event", "logs/in.json"],
        &["rules", "test", "rules", "--from-findings", "logs/in.json"],
    ] {
        let before = content(&bench);
        let (code, stderr) = redirected(&bench, args, "logs/in.json", true);
        assert_eq!(code, Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains("the same file"), "{args:?}: {stderr}");
        assert!(content(&bench) == before, "{args:?}");
    }
}

#[test]
fn a_file_behind_a_descriptor_is_not_searched_either() {
    let bench = bench();
    let straight = bench.hunt(&["logs"]).stdout;
    let shell = |script: &str| {
        let program = assert_cmd::cargo::cargo_bin!("backtrail");
        let mut command = std::process::Command::new("sh");
        command.args(["-c", script]).arg(program).current_dir(bench.folder.path());
        crate::ran(&command.output().unwrap())
    };
    let ran = shell(r#""$0" hunt -r rules logs -o /dev/fd/3 3> logs/a.json"#);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    assert_eq!(bench.read("logs/a.json"), straight);
    let ran = shell(r#""$0" hunt -r rules logs/a.json -o /dev/fd/3 3>> logs/a.json"#);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("--output /dev/fd/3 and the input logs/a.json"), "{}", ran.stderr);
    let ran = shell(r#""$0" rules list -r rules >> rules/stop.yml"#);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("standard output and the rule file rules/stop.yml"));
    assert_eq!(bench.read("rules/stop.yml"), STOP);
}

#[test]
fn standard_output_is_not_an_input() {
    let bench = bench();
    for args in [
        &["hunt", "-r", "rules", "logs/in.json"][..],
        &["hunt", "-r", "rules", "soft.json"],
        &["verify", "hard.json"],
        &["profile", "link/in.json"],
        &["rules", "check", "rules", "--against", "hard.json"],
    ] {
        let before = content(&bench);
        let (code, stderr) = redirected(&bench, args, "logs/in.json", true);
        assert_eq!(code, Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains("standard output and the input"), "{args:?}: {stderr}");
        assert!(content(&bench) == before, "{args:?}");
    }
    let args = ["hunt", "-r", "rules", "logs", "--coverage", "found", "--force"];
    let (code, stderr) = redirected(&bench, &args, "found", false);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("standard output and --coverage found"), "{stderr}");
}

#[test]
fn standard_input_is_an_input() {
    let bench = bench();
    let args = ["hunt", "-r", "rules", "-", "-o", "logs/in.json", "--force"];
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("backtrail"));
    let stdin = fs::File::open(bench.path("hard.json")).unwrap();
    let before = content(&bench);
    let output = command.args(args).current_dir(bench.folder.path()).stdin(stdin).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("--output logs/in.json is the same file as standard input"),
        "{stderr}"
    );
    assert!(content(&bench) == before);
}

#[test]
fn look_alikes_of_what_a_hunt_writes_are_searched() {
    let bench = Bench::new();
    for (id, name) in (0..).zip(["found", "found.partial", "state", "manifest.json", "x.lock"]) {
        bench.file(format!("logs/{name}"), log_text(&[event("StopLogging", id)]));
    }
    let ran = bench.hunt(&["logs", "-o", "found", "--resume", "state"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(bench.read("found").lines().count(), 5);
}

#[test]
fn a_hunt_that_is_refused_creates_nothing() {
    let bench = bench();
    bench.file("rules/windows.yml", LOOK.replace("aws", "windows"));
    let hunt = |args: &[&'static str]| [&["hunt", "logs"][..], args].concat();
    for args in [
        &["-r", "rules/windows.yml", "-o", "out", "--bundle", "run"][..],
        &["-r", "rules", "-o", "out", "--keys", "none", "--verify"],
        &["-r", "rules", "-o", "out", "--coverage", "no/such/folder"],
        &["-r", "rules", "-o", "out", "--resume", "rules"],
        &["-r", "rules", "-o", "out", "--bundle", "logs/in.json"],
        &["-r", "rules", "-o", "out", "--bundle", "rules"],
    ] {
        refused(&bench, &hunt(args), &[]);
    }
}

#[test]
fn bundles_and_catalogs_are_not_written_through_links() {
    let bench = bench();
    bench.file("precious/a.yml", STOP);
    // An earlier catalog in which someone planted links.
    assert_eq!(bench.run(&["rules", "catalog", "pages", "-r", "rules"]).code, Some(0));
    for (name, target) in
        [("index.html", "../precious/a.yml"), (".backtrail-catalog", "../precious/a.yml")]
    {
        let path = bench.path("pages").join(name);
        let saved = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        symlink(target, &path).unwrap();
        let ran = bench.run(&["rules", "catalog", "pages", "-r", "rules", "--force"]);
        assert_eq!(ran.code, Some(2), "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains("is a symbolic link"), "{name}: {}", ran.stderr);
        assert_eq!(bench.read("precious/a.yml"), STOP);
        fs::remove_file(&path).unwrap();
        fs::write(&path, saved).unwrap();
    }
    fs::remove_dir_all(bench.path("pages/rules")).unwrap();
    symlink("../precious", bench.path("pages/rules")).unwrap();
    let ran = bench.run(&["rules", "catalog", "pages", "-r", "rules"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert_eq!(crate::catalog::files(&bench.path("precious")).len(), 1);

    let hunt = ["hunt", "-r", "rules", "logs", "-o", "out", "--resume", "state", "--bundle", "run"];
    assert_eq!(bench.run(&hunt).code, Some(0));
    for part in ["findings.ndjson", "rules", "rules/0001-look.yml", "coverage.json", "options.json"]
    {
        let path = bench.path("run").join(part);
        let saved = bench.path("saved");
        fs::rename(&path, &saved).unwrap();
        let target =
            if saved.is_dir() { bench.path("precious") } else { bench.path("precious/a.yml") };
        symlink(target, &path).unwrap();
        let ran = bench.run(&hunt);
        assert_eq!(ran.code, Some(2), "{part}: {}", ran.stderr);
        assert_eq!(bench.read("precious/a.yml"), STOP, "{part}");
        assert_eq!(crate::catalog::files(&bench.path("precious")).len(), 1, "{part}");
        fs::remove_file(&path).unwrap();
        fs::rename(&saved, &path).unwrap();
    }
    assert_eq!(bench.run(&hunt).code, Some(0));
}

#[test]
fn a_folder_that_is_a_link_is_not_written_to() {
    let bench = bench();
    fs::create_dir(bench.path("elsewhere")).unwrap();
    symlink("elsewhere", bench.path("run")).unwrap();
    for folder in ["run", "run/", "./run"] {
        let args = ["hunt", "-r", "rules", "logs", "--bundle", folder];
        refused(&bench, &args, &[folder, "is a symbolic link"]);
        refused(&bench, &["rules", "catalog", folder, "-r", "rules"], &["is a symbolic link"]);
    }
}

#[test]
fn a_page_replaces_a_file_and_not_its_other_names() {
    let bench = bench();
    assert_eq!(bench.run(&["rules", "catalog", "pages", "-r", "rules"]).code, Some(0));
    let evidence = bench.read("logs/in.json");
    fs::remove_file(bench.path("pages/index.html")).unwrap();
    fs::hard_link(bench.path("logs/in.json"), bench.path("pages/index.html")).unwrap();
    assert_eq!(bench.run(&["rules", "catalog", "pages", "-r", "rules"]).code, Some(0));
    assert_eq!(bench.read("logs/in.json"), evidence);
}
