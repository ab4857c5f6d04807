//! Tar archives as they should not be.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use proptest::prelude::*;

use super::{super::super::Damage, *};

/// A header with that name, size field and kind.
fn header(name: &[u8], size: &[u8], kind: u8) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block[..name.len()].copy_from_slice(name);
    block[124..124 + size.len()].copy_from_slice(size);
    block[156] = kind;
    block[257..263].copy_from_slice(b"ustar\0");
    summed(block)
}

fn summed(mut block: [u8; BLOCK]) -> [u8; BLOCK] {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// A file as it should be.
fn file(name: &str, data: &[u8]) -> Vec<u8> {
    member(name, data, b'0')
}

fn member(name: &str, data: &[u8], kind: u8) -> Vec<u8> {
    let size = format!("{:011o}", data.len());
    let mut bytes = [&header(name.as_bytes(), size.as_bytes(), kind)[..], data].concat();
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    bytes
}

const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

/// A tar archive of these files.
pub(in crate::archive) fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes: Vec<u8> = files.iter().flat_map(|(name, data)| file(name, data)).collect();
    bytes.extend(END);
    bytes
}

/// Bytes that come in pieces and once only.
struct Once<'b>(&'b [u8]);

impl Pieces for Once<'_> {
    fn read(&mut self, into: &mut Vec<u8>, up_to: usize) -> usize {
        let (now, later) = self.0.split_at(up_to.min(self.0.len()));
        into.extend_from_slice(now);
        self.0 = later;
        now.len()
    }

    fn damage(&self) -> &[Damage] {
        &[]
    }

    fn packed_consumed(&self) -> u64 {
        0
    }

    fn rewind(&mut self) -> bool {
        false
    }
}

type Files = Vec<(TarFile, Vec<u8>)>;

fn walk(mut tar: Tar<'_>, hold: usize, read: bool) -> (Files, Vec<String>) {
    let (mut files, mut buffer) = (Vec::new(), Vec::new());
    while let Some(file) = tar.next() {
        let mut data = Vec::new();
        if read {
            match tar.content(&mut buffer, hold) {
                TarContent::Bytes(bytes) => data.extend_from_slice(bytes),
                TarContent::Pieces(mut pieces) => while pieces.read(&mut data, 100) > 0 {},
            }
        }
        files.push((file, data));
    }
    assert!(tar.next().is_none(), "the end stays the end");
    (files, tar.trouble().to_vec())
}

/// What there is, which must be the same in bytes and in pieces, held or not, read or passed over.
fn files(bytes: &[u8]) -> (Files, Vec<String>) {
    let whole = walk(Tar::in_bytes(bytes), 0, true);
    for hold in [0, 1, 600, 1 << 20] {
        let mut once = Once(bytes);
        let streamed = walk(Tar::in_pieces(&mut once, bytes.len() as u64), hold, true);
        assert_eq!(streamed, whole, "{hold}");
    }
    let passed = walk(Tar::in_pieces(&mut Once(bytes), bytes.len() as u64), 0, false);
    let names = |files: &Files| files.iter().map(|(file, _)| file.clone()).collect::<Vec<_>>();
    assert_eq!((names(&passed.0), &passed.1), (names(&whole.0), &whole.1));
    whole
}

fn names(bytes: &[u8]) -> Vec<String> {
    let names = files(bytes).0.into_iter();
    names.map(|(file, _)| String::from_utf8_lossy(&file.name).into_owned()).collect()
}

#[test]
fn files_are_given_and_nothing_else() {
    let bytes = [
        file("a", b"1"),
        member("folder", b"", b'5'),
        member("link", b"", b'2'),
        file("folder/", b""),
        member("labelled", b"some data", b'V'),
        member("unknown", b"22", b'?'),
        file("b", &[3; 512]),
        END.to_vec(),
    ]
    .concat();
    let (files, trouble) = files(&bytes);
    let found: Vec<_> = files.iter().map(|(file, data)| (&file.name[..], &data[..])).collect();
    assert_eq!(found, [(&b"a"[..], &b"1"[..]), (b"unknown", b"22"), (b"b", &[3; 512])]);
    assert_eq!(trouble, [""; 0]);
}

#[test]
fn names_may_be_long_in_three_ways() {
    let long = "n".repeat(300);
    let mut prefixed = header(b"name", b"0", b'0');
    prefixed[345..348].copy_from_slice(b"pre");
    let pax = |record: &str| member("pax", record.as_bytes(), b'x');
    let bytes = [
        summed(prefixed).to_vec(),
        member("", format!("{long}\0").as_bytes(), b'L'),
        file("cut", b""),
        pax("14 path=x/y/z\n9 size=4\n"),
        header(b"short", b"0", b'0').to_vec(),
        [b"four".to_vec(), vec![0; 508]].concat(),
        // Records that are none: the file keeps its own name.
        pax("99 path=x\n"),
        file("own", b""),
        pax("-1 path=x\n"),
        file("own", b""),
        pax("path=x\n"),
        file("own", b""),
        END.to_vec(),
    ]
    .concat();
    let (found, trouble) = files(&bytes);
    assert_eq!(names(&bytes), ["pre/name", &long, "x/y/z", "own", "own", "own"]);
    assert_eq!((&found[2].1[..], trouble), (&b"four"[..], vec![]));
}

#[test]
fn sizes_that_cannot_be_are_cut() {
    let mut base_256 = [0; 12];
    base_256[0] = 0x80;
    base_256[11] = 5;
    let bytes = [&header(b"a", &base_256, b'0')[..], b"12345", &[0; 507], &END].concat();
    assert_eq!(files(&bytes).0[0].1, b"12345");
    for size in [&[0xff; 12][..], &[0x80, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9], b"77777777777"] {
        let bytes = [&header(b"a", size, b'0')[..], b"rest"].concat();
        let (found, trouble) = files(&bytes);
        assert_eq!((found.len(), found[0].0.cut, &found[0].1[..]), (1, true, &b"rest"[..]));
        assert_eq!(trouble, ["it ends early"]);
    }
    // No number at all makes no header.
    let bytes = [&file("a", b"")[..], &header(b"b", b"wrong", b'0'), &END].concat();
    assert_eq!(files(&bytes).1, ["the header at byte 512 is broken"]);
}

#[test]
fn a_broken_header_costs_its_file_and_a_missing_end_is_told() {
    let mut bytes = [file("a", b"1"), file("b", b"2"), file("c", b"3")].concat();
    bytes[2 * BLOCK] ^= 1;
    assert_eq!(names(&bytes), ["a", "c"]);
    let told = files(&bytes).1;
    assert_eq!(
        told,
        ["the header at byte 1024 is broken", "it ends early: the mark of its end is missing"]
    );
    // A million broken headers are told like a few.
    let many: Vec<u8> =
        (0..100).flat_map(|_| [file("a", b""), vec![b'x'; BLOCK]].concat()).collect();
    assert!(files(&many).1.len() < 10);
}

#[test]
fn what_stands_behind_the_end_is_read_or_told() {
    let two = [&file("a", b"1")[..], &END, &file("b", b"2"), &END].concat();
    assert_eq!((names(&two), files(&two).1), (vec!["a".to_owned(), "b".to_owned()], vec![]));
    let other = [&file("a", b"1")[..], &END, &[b'x'; 700]].concat();
    assert_eq!(files(&other).1, ["700 bytes of other data behind it"]);
    let less = [&file("a", b"1")[..], &END, b"x"].concat();
    assert_eq!(files(&less).1, ["1 bytes of other data behind it"]);
}

#[test]
fn files_with_holes_are_refused_and_passed_over() {
    let mut sparse = header(b"s", b"00000000005", b'S');
    sparse[482] = 1;
    let mut map = [0; BLOCK];
    map[504] = 1;
    let bytes =
        [&summed(sparse)[..], &map, &[0; BLOCK], b"holes", &[0; 507], &file("b", b"2"), &END]
            .concat();
    let (found, trouble) = files(&bytes);
    assert!(found[0].0.refused.is_some());
    assert_eq!((&found[1].0.name[..], trouble), (&b"b"[..], vec![]));
}

#[test]
fn a_name_larger_than_any_name_is_passed_over() {
    let huge = vec![b'x'; usize::try_from(LARGEST_HEADER).unwrap() + 1];
    let bytes = [member("", &huge, b'L'), file("own", b""), END.to_vec()].concat();
    assert_eq!(names(&bytes), ["own"]);
    assert_eq!(files(&bytes).1, ["a long name or extended header cannot be read"]);
    let long = vec![b'x'; LONGEST_NAME + 1];
    let bytes = [member("", &long, b'L'), file("cut", b""), END.to_vec()].concat();
    assert_eq!(files(&bytes).0[0].0.name, long[1..]);
}

#[test]
fn text_is_no_tar() {
    assert!(!begins(&[b' '; BLOCK]));
    assert!(!begins(&[0; BLOCK]));
    assert!(!begins(&file("a", b"")[..BLOCK - 1]));
    assert!(begins(&file("[a].json", b"")));
    let mut old = file("a", b"");
    old[257..265].fill(0);
    let old = summed(*old.first_chunk().unwrap());
    assert!(begins(&old), "the old form has no magic bytes");
}

#[test]
fn records_where_no_file_is_are_reported() {
    let record = b"{\"eventVersion\":\"1.11\",\"eventName\":\"StopLogging\"}";
    let label = [member("label", record, b'V'), file("a", b"1"), END.to_vec()].concat();
    assert_eq!(files(&label).1, ["there may be records in a header of it"]);
    let pax = [member("pax", record, b'g'), file("a", b"1"), END.to_vec()].concat();
    assert_eq!(files(&pax).1, ["there may be records in a header of it"]);
    let mut padded = file("a", b"1");
    padded[BLOCK + 20..BLOCK + 20 + record.len()].copy_from_slice(record);
    padded.extend(END);
    assert_eq!(files(&padded).1, ["there may be records in the padding behind a file"]);
    // Old programs leave there what was in their buffers.
    let mut old = file("a", b"1");
    old[BLOCK + 20..].fill(b'x');
    old.extend(END);
    assert_eq!(files(&old).1, [""; 0]);
    let folder = [file("a/", record), file("b/", b""), END.to_vec()].concat();
    assert_eq!(names(&folder), ["a/"]);
}

proptest! {
    /// Whatever a sound archive is turned into, bytes and pieces agree and nothing is made up.
    #[test]
    fn any_damage_is_survived(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = [
            file("a", b"1"), member("", b"long", b'L'), file("b", &[7; 600]),
            member("p", b"8 size=1\n", b'x'), file("c", b""), END.to_vec(),
        ].concat();
        for (at, byte, sum) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let block = at / BLOCK * BLOCK;
            if sum {
                let summed = summed(bytes[block..block + BLOCK].try_into().unwrap());
                bytes[block..block + BLOCK].copy_from_slice(&summed);
            }
        }
        let end = bytes.len() - cut.index(bytes.len() * 2).min(bytes.len());
        let (found, _) = files(&bytes[..end]);
        prop_assert!(found.len() <= end / BLOCK);
        prop_assert!(found.iter().map(|(_, data)| data.len()).sum::<usize>() <= end);
    }
}
