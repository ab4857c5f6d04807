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

/// The checksum of a text as it is told, and how much of the text that is.
struct Told<'t> {
    text: &'t [u8],
    checksum: flate2::Crc,
    taken: usize,
}

impl Checksum for Told<'_> {
    fn ahead(&mut self, end: usize) {
        self.checksum.update(&self.text[self.taken..end]);
        self.taken = end;
    }

    fn folded(&mut self, like: &[u8], end: usize) {
        assert_eq!(self.taken, 0);
        self.checksum.update(like);
        self.taken = end;
    }
}

/// All that is told of a text, hits of one byte in any order.
fn told(gates: &Prefilter, text: &[u8]) -> String {
    let mut scratch = gates.scratch();
    let mut checksum = Told { text, checksum: flate2::Crc::new(), taken: 0 };
    gates.search(text, Some(&mut checksum), &mut scratch);
    let mut right = flate2::Crc::new();
    right.update(&text[..checksum.taken]);
    assert_eq!(checksum.checksum.sum(), right.sum());
    // Nearly all of the text is looked at while it is there.
    assert!(text.len() - checksum.taken < 4 << 10, "{}", checksum.taken);
    let GateScratch { sets, hits, bounds, .. } = &mut scratch;
    let mut list: Vec<_> = hits.list.iter().map(|hit| (hit.at, sets.row(hit.set))).collect();
    assert!(list.is_sorted_by_key(|&(at, _)| at));
    list.sort_unstable();
    if hits.everywhere {
        // Which hits no longer fit is all the same.
        list.clear();
    }
    let told = (hits.everywhere, hits.anchors, hits.wrapped, &hits.omitted, hits.families);
    format!("{list:?} {told:?} {:?}", bounds.told())
}

#[test]
#[expect(clippy::print_stderr, reason = "what is skipped is told")]
fn gates_see_the_same_together_and_apart() {
    let many: Vec<String> = (0..40).map(|n| format!("{{userAgent|contains: tool-{n}}}")).collect();
    let few = [
        "{eventName: GetObject}",
        "{userAgent|contains: rclone}",
        // Literals that stand where keys do.
        "['\"eventName\"', 'ventcategor', 'omitted\"']",
        "{accountId: '444455556666'}",
        "{a|contains: 'a/'}",
    ];
    let mut random = made::random(9);
    for selections in [few.to_vec(), few[..2].to_vec(), many.iter().map(String::as_str).collect()] {
        let together = Prefilter::new(&engine(&selections), None).expect("it builds");
        if together.literals.as_ref().is_some_and(|gate| gate.with_keys().is_none()) {
            eprintln!("skipped: on this machine they always look apart");
            return;
        }
        let mut apart = Prefilter::new(&engine(&selections), None).expect("it builds");
        apart.literals.as_mut().expect("there is a gate B").look_apart();
        let mut seen = 0;
        for size in [200, 3_000, 200_000].into_iter().cycle().take(90) {
            let mut text = String::from("{\"Records\":[{\"eventVersion\":\"1.08\"");
            while text.len() < size {
                text.push_str(PIECES[random(PIECES.len())]);
                text.extend(std::iter::repeat_n('x', random(200)));
            }
            text.push_str("}]}");
            let told_together = told(&together, text.as_bytes());
            assert!(told_together == told(&apart, text.as_bytes()), "{text}");
            seen += usize::from(told_together.starts_with("[("));
        }
        assert!(seen > 30, "{seen}");
    }
}
