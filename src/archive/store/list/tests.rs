//! What a listing names, in which order, and what it leaves out.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{
    os::unix::{fs::symlink, net::UnixListener},
    process::Command,
};

use globset::{Glob, GlobSetBuilder};
use proptest::prelude::*;

use super::*;

/// A folder with these files in it.
fn tree(files: &[&str]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for file in files {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
    root
}

/// Names below `root`, failures as `name: reason`.
fn names(listing: Listing, root: &Path) -> Vec<String> {
    let root = format!("{}/", root.display());
    listing
        .map(|listed| match listed {
            Listed::File(file) => file.name.display.replace(&root, ""),
            Listed::Failed { name, reason } => {
                format!("{}: {reason}", name.display.replace(&root, ""))
            }
        })
        .collect()
}

fn walk(root: &Path, options: ListOptions) -> Vec<String> {
    names(Listing::new(vec![Input::Path(root.into())], options), root)
}

#[test]
fn a_folder_sorts_as_its_name_and_a_slash() {
    let root = tree(&["a/z", "a-b", "a.gz", "a0", ".hidden", "b/.ignore", "b/c/d", "b/c.gz"]);
    assert_eq!(
        walk(root.path(), ListOptions::default()),
        [".hidden", "a-b", "a.gz", "a/z", "a0", "b/.ignore", "b/c.gz", "b/c/d"]
    );
}

#[test]
fn inputs_come_as_given_and_only_they_are_named() {
    let root = tree(&["a/1", "a/2", "b"]);
    let inputs = vec![
        Input::Path(root.path().join("b")),
        Input::Stdin,
        Input::Path(root.path().join("a")),
        Input::Path(root.path().join("b")),
    ];
    let listed: Vec<_> = Listing::new(inputs, ListOptions::default())
        .map(|listed| match listed {
            Listed::File(file) => (file.name.display, file.named),
            Listed::Failed { name, reason } => panic!("{name:?} {reason}"),
        })
        .collect();
    let full = |name: &str| format!("{}/{name}", root.path().display());
    assert_eq!(
        listed,
        [
            (full("b"), true),
            ("-".to_owned(), true),
            (full("a/1"), false),
            (full("a/2"), false),
            (full("b"), true)
        ]
    );
}

#[test]
fn names_begin_as_the_root_was_given() {
    for (root, prefix) in [
        ("logs", "logs/"),
        ("logs/", "logs/"),
        ("logs//", "logs/"),
        (".", ""),
        ("./", ""),
        ("./logs", "./logs/"),
        ("..", "../"),
        ("/", "/"),
        ("/logs/", "/logs/"),
    ] {
        assert_eq!(root_prefix(root.as_bytes()), prefix.as_bytes(), "{root}");
    }
}

#[test]
fn links_to_files_are_followed_and_links_to_folders_if_asked_for() {
    let root = tree(&["a/1", "z"]);
    symlink(root.path().join("z"), root.path().join("link")).unwrap();
    symlink(root.path().join("a"), root.path().join("l")).unwrap();
    let mut listing = Listing::new(vec![Input::Path(root.path().into())], ListOptions::default());
    let found: Vec<_> = listing.by_ref().collect();
    assert_eq!((found.len(), listing.links_not_followed()), (3, 1));
    assert_eq!(walk(root.path(), ListOptions::default()), ["a/1", "link", "z"]);
    let follow = ListOptions { follow: true, ..ListOptions::default() };
    assert_eq!(walk(root.path(), follow), ["a/1", "l/1", "link", "z"]);
}

#[test]
fn a_link_loop_is_told_once_and_the_walk_ends() {
    let root = tree(&["a/b/1"]);
    symlink(root.path().join("a"), root.path().join("a/b/up")).unwrap();
    let follow = ListOptions { follow: true, ..ListOptions::default() };
    assert_eq!(walk(root.path(), follow), ["a/b/1", "a/b/up: a link to a folder it stands in"]);
}

#[test]
fn what_is_no_file_is_told() {
    let root = tree(&["m"]);
    symlink("nowhere", root.path().join("dangling")).unwrap();
    let _socket = UnixListener::bind(root.path().join("socket")).unwrap();
    assert!(Command::new("mkfifo").arg(root.path().join("fifo")).status().unwrap().success());
    symlink("/dev/null", root.path().join("device")).unwrap();
    let found = walk(root.path(), ListOptions::default());
    assert_eq!(found.len(), 5, "{found:?}");
    assert!(found[0].starts_with("dangling: cannot open it: "), "{found:?}");
    assert_eq!(
        found[1..],
        [
            "device: not a regular file",
            "fifo: not a regular file",
            "m",
            "socket: not a regular file"
        ]
    );
}

#[test]
fn a_named_input_that_is_gone_fails_and_is_missing() {
    let root = tree(&["here"]);
    let gone = root.path().join("gone");
    let inputs =
        vec![Input::Path(gone.clone()), Input::Stdin, Input::Path(root.path().join("here/below"))];
    assert_eq!(missing(&inputs), [gone.as_path(), &root.path().join("here/below")]);
    let found = names(Listing::new(inputs[..1].to_vec(), ListOptions::default()), root.path());
    assert!(found[0].starts_with("gone: cannot open it: "), "{found:?}");
}

#[test]
fn globs_and_own_files_are_left_out_and_files_called_alike_are_not() {
    let root = tree(&["a/CloudTrail-Digest/1", "a/CloudTrail/1", "out.json", "b/out.json"]);
    fs::write(root.path().join("out.json.partial"), "evidence").unwrap();
    symlink(root.path().join("out.json"), root.path().join("other-name")).unwrap();
    let mut exclude = GlobSetBuilder::new();
    exclude.add(Glob::new("**/CloudTrail-Digest/**").unwrap());
    let id = FileId::of(&root.path().join("out.json")).unwrap();
    let options = ListOptions {
        exclude: exclude.build().unwrap(),
        own_files: vec![OwnFile::created(id)],
        ..ListOptions::default()
    };
    let inputs = vec![Input::Path(root.path().into())];
    let mut listing = Listing::new(inputs.clone(), options.clone());
    assert_eq!(listing.by_ref().count(), 3);
    assert_eq!(listing.excluded(), 1);
    let found = names(Listing::new(inputs.clone(), options.clone()), root.path());
    assert_eq!(found, ["a/CloudTrail/1", "b/out.json", "out.json.partial"]);
    let own_files = vec![OwnFile { id, has_older_content: true }];
    let found = names(Listing::new(inputs, ListOptions { own_files, ..options }), root.path());
    let [.., link, out, _] = &found[..] else { panic!("{found:?}") };
    assert!(link.starts_with("other-name: not searched: it is the standard output"), "{link}");
    assert!(out.starts_with("out.json: not searched: "), "{out}");
}

#[test]
fn a_name_that_is_not_utf8_keeps_its_bytes() {
    let root = tempfile::tempdir().unwrap();
    let name = OsStr::from_bytes(b"caf\xe9.gz");
    fs::write(root.path().join(name), "x").unwrap();
    let found: Vec<_> =
        Listing::new(vec![Input::Path(root.path().into())], ListOptions::default()).collect();
    let [Listed::File(file)] = &found[..] else { panic!("{found:?}") };
    assert!(file.name.display.ends_with("caf\u{fffd}.gz"));
    assert!(file.name.raw_hex.as_ref().unwrap().ends_with("636166e92e677a"));
    assert_eq!(file.place, Place::Path(root.path().join(name)));
}

#[test]
fn lists_of_names_come_in_lines_or_before_nul() {
    let paths = |text: &[u8], nul| -> Vec<Vec<u8>> {
        let inputs = read_names(text, nul).unwrap();
        inputs
            .into_iter()
            .map(|input| match input {
                Input::Path(path) => path.as_os_str().as_bytes().to_vec(),
                Input::Stdin | Input::Moved { .. } => panic!("a list names paths only"),
            })
            .collect()
    };
    assert_eq!(paths(b"a\r\n\n  \n b c\n-\n\xe9", false), [&b"a"[..], b" b c", b"-", b"\xe9"]);
    assert_eq!(paths(b"a\nb\0\0c\r\0d", true), [&b"a\nb"[..], b"c\r", b"d"]);
    assert!(paths(b"", false).is_empty());
}

#[test]
fn a_deep_folder_does_not_deepen_the_stack() {
    let root = tempfile::tempdir().unwrap();
    let mut path = root.path().to_path_buf();
    for _ in 0..1500 {
        path.push("d");
    }
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("x"), "x").unwrap();
    let found = walk(root.path(), ListOptions::default());
    assert_eq!(found.len(), 1);
    assert!(found[0].ends_with("d/d/x"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn the_order_is_that_of_full_keys(
        files in proptest::collection::btree_set("[a-c./-]{1,3}(/[a-c.0-]{1,3}){0,2}", 1..20),
    ) {
        let root = tempfile::tempdir().unwrap();
        for file in &files {
            let path = root.path().join(file);
            // Some of the drawn names collide or cannot be: what could be made is what counts.
            if file.split('/').all(|part| !matches!(part, "" | "." | ".."))
                && fs::create_dir_all(path.parent().unwrap()).is_ok()
            {
                let _ = fs::write(path, "x");
            }
        }
        let found = walk(root.path(), ListOptions::default());
        let mut sorted = found.clone();
        sorted.sort_unstable();
        prop_assert_eq!(&found, &sorted);
        let made = files.iter().filter(|file| {
            file.split('/').all(|part| !matches!(part, "" | "." | ".."))
                && root.path().join(file).is_file()
        });
        prop_assert_eq!(found.len(), made.count());
    }
}
