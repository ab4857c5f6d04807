//! What the program says about itself: help, version, completions, manual page.

use crate::Bench;

#[test]
fn help_goes_to_standard_output_with_examples_and_exit_codes() {
    let bench = Bench::new();
    for args in [&["--help"][..], &["hunt", "--help"], &["repeat", "--help"]] {
        let ran = bench.run(args);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
        for part in ["Examples:", "Exit codes:", "130  interrupted"] {
            assert!(ran.stdout.contains(part), "{part} in {}", ran.stdout);
        }
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let ran = Bench::new().run(&["--version"]);
    assert_eq!(
        (ran.code, ran.stdout),
        (Some(0), format!("backtrail {}\n", env!("CARGO_PKG_VERSION")))
    );
}

#[test]
fn a_wrong_command_line_is_two_and_says_so_on_standard_error() {
    let bench = Bench::new();
    for args in [&[][..], &["hnut"], &["hunt", "--no-such-flag"], &["-q", "-v", "man"]] {
        let ran = bench.run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(!ran.stderr.is_empty());
    }
}

#[test]
fn completions_and_manual_page_name_the_commands() {
    let bench = Bench::new();
    for args in
        [&["completions", "bash"][..], &["completions", "zsh"], &["completions", "fish"], &["man"]]
    {
        let ran = bench.run(args);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{args:?}");
        assert!(ran.stdout.contains("hunt") && ran.stdout.contains("max"), "{args:?}");
    }
}
