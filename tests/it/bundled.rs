//! However files are bundled, what is found in them stays the same.

use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any, prop_oneof},
    prop_assert_eq, proptest,
    test_runner::Config,
};
use serde_json::Value;

use crate::{
    Bench, event, log_text,
    pack::{BZIP2, DEFLATE, STORED, Tar, ZSTD, Zip, bzip2, gzip, zstd},
};

/// A tree of files, in folders that may be packed as bundles.
#[derive(Debug, Clone)]
enum Node {
    /// So many records, one of which may match, and the packing of the whole.
    File(u8, Packing),
    Folder(Vec<Node>, Bundle, Packing),
}

#[derive(Debug, Clone, Copy)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
    Bzip2,
}

#[derive(Debug, Clone, Copy)]
enum Bundle {
    Zip(u16),
    Tar,
}

fn packing() -> impl Strategy<Value = Packing> {
    prop_oneof![
        Just(Packing::Plain),
        Just(Packing::Gzip),
        Just(Packing::Zstd),
        Just(Packing::Bzip2)
    ]
}

fn bundle() -> impl Strategy<Value = Bundle> {
    prop_oneof![
        Just(Bundle::Tar),
        prop_oneof![Just(STORED), Just(DEFLATE), Just(BZIP2), Just(ZSTD)].prop_map(Bundle::Zip)
    ]
}

/// Up to four bundles in one another, as deep as they are opened.
fn node() -> impl Strategy<Value = Node> {
    let file = (0..40_u8, packing()).prop_map(|(records, packing)| Node::File(records, packing));
    file.prop_recursive(3, 24, 4, |inner| {
        (vec(inner, 1..5), bundle(), packing())
            .prop_map(|(nodes, bundle, packing)| Node::Folder(nodes, bundle, packing))
    })
}

fn pack(packing: Packing, bytes: Vec<u8>) -> Vec<u8> {
    match packing {
        Packing::Plain => bytes,
        Packing::Gzip => gzip(&bytes).unwrap(),
        Packing::Zstd => zstd(&bytes),
        Packing::Bzip2 => bzip2(&bytes).unwrap(),
    }
}

/// Writes the file or folder below `plain` as it is, and gives its bytes in a bundle.
fn write(node: &Node, bench: &Bench, path: &str, next: &mut u32) -> Vec<u8> {
    match node {
        Node::File(records, packing) => {
            let records: Vec<_> = (0..*records)
                .map(|at| {
                    *next += 1;
                    event(if at % 7 == 3 { "StopLogging" } else { "GetTrail" }, *next)
                })
                .collect();
            let bytes = pack(*packing, log_text(&records).into_bytes());
            bench.file(format!("plain/{path}"), &bytes);
            bytes
        }
        Node::Folder(nodes, bundle, packing) => {
            let (mut zip, mut tar) = (Zip::default(), Tar::default());
            for (at, node) in nodes.iter().enumerate() {
                let name = format!("{at}.json");
                let bytes = write(node, bench, &format!("{path}/{name}"), next);
                match bundle {
                    Bundle::Zip(method) => drop(zip.file(&name, &bytes, *method).unwrap()),
                    Bundle::Tar => drop(tar.file(&name, &bytes)),
                }
            }
            pack(
                *packing,
                match bundle {
                    Bundle::Zip(_) => zip.finish(),
                    Bundle::Tar => tar.finish(),
                },
            )
        }
    }
}

proptest! {
    #![proptest_config(Config { cases: 24, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_tree_gives_the_same_in_any_bundles(
        nodes in vec(node(), 1..4),
        threads in 1..4_u8,
        cap in prop_oneof![Just("1"), Just("2KiB"), Just("64MiB")],
        mapped in any::<bool>(),
    ) {
        let bench = Bench::new();
        let mut next = 0;
        for (at, node) in nodes.iter().enumerate() {
            let name = format!("{at}.json");
            let bytes = write(node, &bench, &name, &mut next);
            bench.file(format!("bundled/{name}"), bytes);
        }
        let threads = threads.to_string();
        let access = if mapped { "mmap" } else { "read" };
        let found = |folder: &str| {
            let covered = ["--coverage", "coverage.json", "--force"];
            let how = ["-j", &threads, "--max-inflated", cap, "--access", access];
            let ran = bench.hunt(&[&[folder], &covered[..], &how].concat());
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
            let findings: Vec<_> = ran.findings().into_iter().map(without_file).collect();
            let coverage: Value = serde_json::from_str(&bench.read("coverage.json")).unwrap();
            let totals = ["files", "records", "bytes_inflated", "findings"];
            (findings, totals.map(|name| coverage["totals"][name].clone()))
        };
        prop_assert_eq!(found("bundled"), found("plain"));
    }
}

fn without_file(mut finding: Value) -> Value {
    finding.as_object_mut().unwrap().remove("file");
    finding
}
