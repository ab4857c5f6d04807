//! Zip archives as they should not be.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use proptest::prelude::*;

use super::*;

/// A local header and its data, as stored.
fn local(name: &[u8], flags: u16, data: &[u8], packed: u32) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(data);
    [
        &b"PK\x03\x04\x14\0"[..],
        &flags.to_le_bytes(),
        &[0; 6],
        &crc.sum().to_le_bytes(),
        &packed.to_le_bytes(),
        &packed.to_le_bytes(),
        &u16::try_from(name.len()).unwrap().to_le_bytes(),
        &[0, 0],
        name,
        data,
    ]
    .concat()
}

/// An entry of the directory for stored data.
fn entry(name: &[u8], data: &[u8], at: u32, extra: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(data);
    let size = if extra.is_empty() { u32::try_from(data.len()).unwrap() } else { u32::MAX };
    [
        &b"PK\x01\x02\x14\x03\x14\0"[..],
        &[0; 8],
        &crc.sum().to_le_bytes(),
        &size.to_le_bytes(),
        &size.to_le_bytes(),
        &u16::try_from(name.len()).unwrap().to_le_bytes(),
        &u16::try_from(extra.len()).unwrap().to_le_bytes(),
        &[0; 10],
        &at.to_le_bytes(),
        name,
        extra,
    ]
    .concat()
}

fn end(count: u16, size: usize, at: usize) -> Vec<u8> {
    let [size, at] = [size, at].map(|number| u32::try_from(number).unwrap().to_le_bytes());
    let count = count.to_le_bytes();
    [&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &size, &at, &[0, 0]].concat()
}

/// The files of these names and contents, one after another.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in files {
        let at = u32::try_from(bytes.len()).unwrap();
        directory.extend(entry(name.as_bytes(), data, at, b""));
        bytes.extend(local(name.as_bytes(), 0, data, u32::try_from(data.len()).unwrap()));
    }
    let count = u16::try_from(files.len()).unwrap();
    let end = end(count, directory.len(), bytes.len());
    [bytes, directory, end].concat()
}

/// The name of a file and its data, or why there is none.
type Given = (String, Result<Vec<u8>, String>);

/// The files that are given, and what is told.
fn files(bytes: &[u8]) -> (Vec<Given>, Vec<String>) {
    let mut zip = Zip::open(bytes);
    let mut files = Vec::new();
    while let Some(file) = zip.next() {
        let name = String::from_utf8_lossy(file.name).into_owned();
        files.push((name, file.data.map(|member| member.data.to_vec())));
    }
    assert!(zip.next().is_none(), "the end stays the end");
    (files, zip.trouble().to_vec())
}

fn names(bytes: &[u8]) -> Vec<String> {
    files(bytes).0.into_iter().map(|(name, _)| name).collect()
}

#[test]
fn the_directory_says_what_there_is() {
    let bytes = archive(&[("a", b"1"), ("folder/", b""), ("b", b"22")]);
    let (files, trouble) = files(&bytes);
    let expected = [("a".to_owned(), Ok(b"1".to_vec())), ("b".to_owned(), Ok(b"22".to_vec()))];
    assert_eq!((&files[..], trouble), (&expected[..], vec![]));
    // A comment at the end, even one that holds the mark of the end.
    let mut commented = bytes.clone();
    let at = commented.len() - 2;
    commented[at..].copy_from_slice(&8_u16.to_le_bytes());
    commented.extend(b"comment!");
    assert_eq!(names(&commented), ["a", "b"]);
}

#[test]
fn without_a_directory_local_headers_do() {
    let bytes = archive(&[("a", b"1"), ("folder/", b""), ("b", b"22")]);
    let directory = memchr::memmem::find(&bytes, ENTRY).unwrap();
    for cut in [directory, directory + 10, bytes.len() - 1] {
        let (found, trouble) = files(&bytes[..cut]);
        assert_eq!(found.len(), 2, "{cut}");
        assert_eq!(trouble, ["its directory is missing or does not fit"], "{cut}");
    }
    // Cut inside the last file, which is given as far as it goes.
    let mut zip = Zip::open(&bytes[..directory - 1]);
    let members: Vec<_> =
        std::iter::from_fn(|| zip.next()).map(|file| file.data.unwrap()).collect();
    assert_eq!((members[0].cut, members[1].cut, members[1].data), (false, true, &b"2"[..]));
}

#[test]
fn sizes_that_follow_the_data_are_found_where_they_fit() {
    let descriptor = |crc: u32, packed: u32| {
        [&DESCRIPTOR[..], &crc.to_le_bytes(), &packed.to_le_bytes(), &packed.to_le_bytes()].concat()
    };
    // Data that looks like sizes, and does not fit.
    let data = [b"xx".to_vec(), descriptor(1, 99), b"yy".to_vec()].concat();
    let length = u32::try_from(data.len()).unwrap();
    let bytes = [
        local(b"a", SIZES_FOLLOW, &data, 0),
        descriptor(7, length),
        local(b"b", SIZES_FOLLOW, b"never followed", 0),
    ]
    .concat();
    let mut zip = Zip::open(&bytes);
    let first = zip.next().unwrap().data.unwrap();
    assert_eq!(first.data, data);
    assert_eq!(first.promise, Some(Promise { checksum: 7, length: u64::from(length) }));
    let second = zip.next().unwrap().data.unwrap();
    assert_eq!((second.data, second.promise), (&b"never followed"[..], None));
    assert!(zip.next().is_none());
}

#[test]
fn large_numbers_stand_in_an_extra_field() {
    let data = b"data";
    let sizes = [4_u64.to_le_bytes(), 4_u64.to_le_bytes()].concat();
    // Another field comes first, and one that is cut comes last.
    let extra = [&[9, 9, 1, 0, 7][..], &[1, 0, 16, 0], &sizes, &[1, 0, 99, 0]].concat();
    let bytes = local(b"a", 0, data, 4);
    let directory = entry(b"a", data, 0, &extra);
    let sixty_four = [
        &DIRECTORY_END_64[..],
        &44_u64.to_le_bytes(),
        &[0; 12],
        &1_u64.to_le_bytes(),
        &1_u64.to_le_bytes(),
        &(directory.len() as u64).to_le_bytes(),
        &(bytes.len() as u64).to_le_bytes(),
    ]
    .concat();
    let place = (bytes.len() + directory.len()) as u64;
    let locator = [&LOCATOR_64[..], &[0; 4], &place.to_le_bytes(), &[1, 0, 0, 0]].concat();
    let mut end = end(0, 0, 0);
    end[8..20].fill(0xff);
    let (found, trouble) = files(&[bytes, directory, sixty_four, locator, end].concat());
    assert_eq!(found, [("a".to_owned(), Ok(data.to_vec()))]);
    assert_eq!(trouble, [""; 0]);
}

#[test]
fn a_directory_that_does_not_fit_is_not_believed() {
    let one = archive(&[("a", b"1")]);
    let two = archive(&[("b", b"2")]);
    // The directory of the last archive would hide the files of the first.
    assert_eq!(names(&[&one[..], &two].concat()), ["a", "b"]);
    // One archive inside another that is cut behind it.
    let outer = archive(&[("x", b"1"), ("inner.zip", &one)]);
    let inner_end = memchr::memmem::find(&outer, DIRECTORY_END).unwrap() + DIRECTORY_END_SIZE;
    assert_eq!(names(&outer[..inner_end]), ["x", "inner.zip"]);
    // More entries than there are, and bytes that are none.
    let mut more = one.clone();
    let at = more.len() - 12;
    more[at] = 2;
    assert_eq!(files(&more).1, ["its directory has fewer entries than it says"]);
    let empty = end(0, 0, 0);
    assert_eq!(files(&empty), (vec![], vec![]));
}

#[test]
fn files_that_overlap_use_up_what_there_is() {
    let data = [b'x'; 1000];
    let bytes = local(b"a", 0, &data, 1000);
    let directory: Vec<u8> = (0..100).flat_map(|_| entry(b"a", &data, 0, b"")).collect();
    let end = end(100, directory.len(), bytes.len());
    let all = [bytes, directory, end].concat();
    let (found, trouble) = files(&all);
    assert_eq!(trouble, ["its files overlap: the rest is not searched"]);
    assert!(found.len() * 1000 <= 4 * all.len(), "{}", found.len());
}

const UNLISTED: &str = "a file that its directory does not list";

/// An archive of `a` and `b` with these bytes at the beginning, between both, behind them, in the
/// directory and behind it.
fn with(places: [&[u8]; 4]) -> Vec<u8> {
    let [front, between, behind, comment] = places;
    let a = [front, &local(b"a", 0, b"1", 1)].concat();
    let b = [&a[..], between, &local(b"b", 0, b"22", 2)].concat();
    let at_a = u32::try_from(front.len()).unwrap();
    let at_b = u32::try_from(a.len() + between.len()).unwrap();
    let directory = [entry(b"a", b"1", at_a, b""), entry(b"b", b"22", at_b, b"")].concat();
    let at = b.len() + behind.len();
    let mut end = end(2, directory.len(), at);
    let length = u16::try_from(comment.len()).unwrap();
    end[20..22].copy_from_slice(&length.to_le_bytes());
    [&b[..], behind, &directory, &end, comment].concat()
}

#[test]
fn files_that_the_directory_does_not_list_are_found_wherever_they_are() {
    let hidden = local(b"h", 0, b"333", 3);
    for place in 0..4 {
        let mut places = [&b""[..]; 4];
        places[place] = &hidden;
        let (found, trouble) = files(&with(places));
        let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "b", "h"], "{place}");
        assert_eq!(found[2].1, Ok(b"333".to_vec()), "{place}");
        assert_eq!(trouble, [UNLISTED], "{place}");
    }
    // Sizes that follow, an extra field with a file in it, and a file inside another.
    let follows = [
        &local(b"h", SIZES_FOLLOW, b"333", 0)[..],
        &DESCRIPTOR[..],
        &[0, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0],
    ]
    .concat();
    let (found, trouble) = files(&with([b"", &follows, b"", b""]));
    assert_eq!(
        (found[2].1.clone(), &trouble[..]),
        (Ok(b"333".to_vec()), &[UNLISTED.to_owned()][..])
    );
    let text = [b"some text", &hidden[..]].concat();
    let (found, trouble) = files(&archive(&[("text", &text), ("b", b"1")]));
    assert_eq!(found.last().unwrap(), &("h".to_owned(), Ok(b"333".to_vec())));
    assert_eq!(trouble, [UNLISTED]);
    // An archive inside an archive is opened by itself.
    let (found, trouble) = files(&archive(&[("inner.zip", &archive(&[("h", b"333")]))]));
    assert_eq!((found.len(), trouble), (1, vec![]));
}

#[test]
fn entries_that_another_directory_lists_are_found() {
    // Its header is gone, so only the entry says that there was a file.
    let lost = entry(b"lost", b"333", 5, b"");
    let (found, trouble) = files(&with([b"", b"", &lost, b""]));
    assert_eq!(found.len(), 2);
    assert_eq!(trouble, [""; 0], "byte 5 belongs to a file that was met");
    let lost = entry(b"lost", b"333", 100_000, b"");
    let (found, trouble) = files(&with([b"", b"", &lost, b""]));
    let (name, data) = found.last().unwrap();
    assert_eq!(name, "lost");
    assert!(data.is_err());
    assert_eq!(trouble, [UNLISTED]);
    // An old directory of files that were met, as an archive that grew has it.
    let old = [entry(b"a", b"1", 0, b""), end(1, 47, 32)].concat();
    let (found, trouble) = files(&with([b"", &old, b"", b""]));
    assert_eq!((found.len(), trouble), (2, vec![]));
}

#[test]
fn bytes_that_nothing_accounts_for_are_reported() {
    let block = |size: u64| {
        let size = size.to_le_bytes();
        [&size[..], &[7; 40], &size, b"APK Sig Block 42"].concat()
    };
    let sig = block(64);
    for (places, told) in [
        ([&b""[..], b"junk", b"", b""], Some("4 bytes of other data between its files")),
        ([b"", b"", b"deflated data", b""], Some("13 bytes of other data between its files")),
        ([b"PK\x03\x04junk", b"", b"", b""], Some("8 bytes of other data between its files")),
        ([b"#!/bin/sh\nunzip $0; exit\n", b"", b"", b""], None),
        ([b"MZ PK\x03\x04 is what it looks for", b"", b"", b""], None),
        ([b"", &[0; 600], &[0; 30], b""], None),
        ([b"", b"", &sig, b""], None),
        ([b"", b"", b"", b"a comment"], None),
        (
            [b"", b"", b"", b"{\"eventVersion\":\"1.11\"}"],
            Some("there may be records in its comments or before its files"),
        ),
        (
            [b"{\"eventVersion\":\"1.11\"}", b"", b"", b""],
            Some("there may be records in its comments or before its files"),
        ),
    ] {
        let (found, trouble) = files(&with(places));
        assert_eq!(found.len(), 2, "{places:?}");
        assert_eq!(trouble.first().map(String::as_str), told, "{places:?}");
    }
}

#[test]
fn headers_that_differ_from_the_directory_are_reported() {
    let told = "a file has another name, method or size in its own header";
    let sound = archive(&[("a.json", b"12345")]);
    for (at, byte) in [(30, b'b'), (8, 8), (18, 4), (22, 4), (14, 0)] {
        let mut bytes = sound.clone();
        bytes[at] = byte;
        let trouble = files(&bytes).1;
        assert_eq!(trouble, [told], "{at}");
    }
    // Headers without sizes, as some programs write them.
    let mut bytes = sound;
    bytes[14..26].fill(0);
    assert_eq!(files(&bytes).1, [""; 0]);
}

#[test]
fn what_is_called_a_folder_or_a_link_is_none_if_it_holds_data() {
    let record = b"{\"eventVersion\":\"1.11\"}";
    let bytes = local(b"a/", 0, record, 24);
    let mut directory = entry(b"a/", record, 0, b"");
    directory[24..28].fill(0);
    let folder = [&bytes[..], &directory, &end(1, directory.len(), bytes.len())].concat();
    assert_eq!(files(&folder).0, [("a/".to_owned(), Ok(record.to_vec()))]);
    for (data, is_given) in [(&record[..], true), (b"../a/path.json", false)] {
        let mut bytes = archive(&[("link", data)]);
        let entry = memchr::memmem::find(&bytes, ENTRY).unwrap();
        bytes[entry + 40..entry + 42].copy_from_slice(&0o12_0777_u16.to_le_bytes());
        assert_eq!(files(&bytes).0.len(), usize::from(is_given));
    }
}

#[test]
fn names_that_are_there_twice_are_two_files() {
    let (found, trouble) = files(&archive(&[("a", b"1"), ("a", b"2")]));
    let data: Vec<_> = found.into_iter().map(|(_, data)| data.unwrap()).collect();
    assert_eq!((data, trouble), (vec![b"1".to_vec(), b"2".to_vec()], vec![]));
}

proptest! {
    /// Whatever a sound archive is turned into, no file is given from outside it, no more of them
    /// than it has room for, and no more bytes than a few times its own.
    #[test]
    fn any_damage_is_survived(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in any::<prop::sample::Index>(),
        front in 0..3_usize,
    ) {
        let mut bytes = archive(&[("a.json", b"{}"), ("b", &[7; 300]), ("c/", b""), ("d", b"")]);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let end = bytes.len() - cut.index(bytes.len() * 2).min(bytes.len());
        let bytes = &bytes[front.min(end)..end];
        let (found, _) = files(bytes);
        prop_assert!(found.len() <= bytes.len() / LOCAL_SIZE + 1);
        let given: usize = found.iter().filter_map(|(_, data)| data.as_ref().ok()).map(Vec::len).sum();
        prop_assert!(given <= 5 * bytes.len());
    }

    #[test]
    fn any_bytes_are_survived(tail in prop::collection::vec(any::<u8>(), 0..200)) {
        for magic in [LOCAL, DIRECTORY_END, DESCRIPTOR] {
            files(&[&magic[..], &tail].concat());
            files(&[&LOCAL[..], &tail, magic, &tail].concat());
        }
    }
}
