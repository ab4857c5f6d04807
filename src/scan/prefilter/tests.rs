//! Both gates see the same at once and one after the other.

use super::*;
use crate::{
    rule::Document,
    scan::made,
    sigma::{self, Placeholders},
};

/// Rules with one selection each, which are these.
pub(in crate::scan) fn engine(selections: &[&str]) -> Engine {
    let rules = selections.iter().map(|selection| {
        let text = format!(
            "title: t\nlogsource: {{product: aws}}\ndetection: {{s: {selection}, condition: s}}"
        );
        let mut documents = sigma::parse(&text, &Placeholders::new()).documents;
        match documents.pop() {
            Some(Document::Rule(rule)) => *rule,
            other => panic!("{text}: {other:?}"),
        }
    });
    Engine::from_rules(&rules.collect::<Vec<_>>())
}

/// What a trail file may hold, and what looks like the literals of the rules.
const PIECES: [&str; 20] = [
    "},{\"eventVersion\":\"1.08\",",
    "},{\"eventVersion\":\"1.08\",",
    "\"eventName\":\"GetObject\",",
    "\"eventName\" : \"getobject\",",
    "\"eventName\":\"ListBuckets\",",
    "\"eventName\":\"StopLogging\",",
    "\"eventCategory\":\"Management\",",
    "\"eventCategory\":\"Data\",",
    "\"k\":\"\\\"eventName\\\"\",",
    "\"omitted\":true,\"omitted\",",
    "\"eventVersion\":\"1\",",
    "\"userAgent\":\"an RClone of tool-7\",",
    "\"tool-77\":\"k\u{212a}é\",",
    "\"a\":\"\\u0041\\/\",",
    "\"accountId\":\"444455556666\",",
    "{\"b\":[{},{\"c\":1}],",
    "\"xEventName\":1,",
    "abcdefghijklmnopqrstuvwxyz0123456789",
    "\\",
    "}",
];

/// What a search says of a text beside its hits, and the places of the hits.
fn told(gates: &Prefilter, text: &[u8]) -> (String, Vec<usize>) {
    let mut scratch = gates.scratch();
    gates.search(text, &mut scratch);
    let GateScratch { hits, bounds, .. } = &scratch;
    assert!(!hits.everywhere && hits.list.is_sorted_by_key(|hit| hit.at));
    let places = hits.list.iter().map(|hit| hit.at).collect();
    (format!("{:?} {:?} {:?}", hits.omitted, hits.families, bounds.told()), places)
}

/// The hits of literals, the slow way: every literal is compared at every byte.
fn literals_slowly(text: &[u8], literals: &[&str]) -> Vec<usize> {
    let lower = text.to_ascii_lowercase();
    let begins = |at: &usize| literals.iter().any(|one| lower[*at..].starts_with(one.as_bytes()));
    (0..text.len()).filter(begins).collect()
}

#[test]
fn keys_and_bounds_are_the_same_with_literals_and_without() {
    let many: Vec<String> = (0..40).map(|n| format!("{{userAgent|contains: tool-{n}}}")).collect();
    let few = [
        "{userAgent|contains: rclone}",
        // Literals that lie in keys.
        "['\"eventName\"', 'ventcategor', 'omitted\"']",
        "{accountId: '444455556666'}",
        "{a|contains: 'a/'}",
    ];
    let keys = Prefilter::new(&engine(&["{eventName: GetObject}"]), Planted::default());
    let keys = keys.expect("it builds");
    let mut random = made::random(9);
    for selections in [few.to_vec(), few[..1].to_vec(), many.iter().map(String::as_str).collect()] {
        let selections = [&["{eventName: GetObject}"], selections.as_slice()].concat();
        let both = Prefilter::new(&engine(&selections), Planted::default()).expect("it builds");
        assert!(both.literals.is_some() && keys.literals.is_none());
        let mut seen = 0;
        for size in [200, 3_000, 50_000].into_iter().cycle().take(60) {
            let mut text = String::from("{\"Records\":[{\"eventVersion\":\"1.08\"");
            while text.len() < size {
                text.push_str(PIECES[random(PIECES.len())]);
                text.extend(std::iter::repeat_n('x', random(200)));
            }
            text.push_str("}]}");
            let [(apart, of_keys), (together, of_both)] =
                [&keys, &both].map(|gates| told(gates, text.as_bytes()));
            assert!(apart == together, "{text}");
            assert!(of_keys.iter().all(|at| of_both.contains(at)), "{text}");
            let rclone = literals_slowly(text.as_bytes(), &["rclone"]);
            let is_missed = |at: &usize| !of_both.iter().any(|hit| (*at..at + 6).contains(hit));
            assert!(selections.len() > 5 || !rclone.iter().any(is_missed), "{text}");
            seen += usize::from(of_both.len() > of_keys.len());
        }
        assert!(seen > 20, "{seen}");
    }
}
