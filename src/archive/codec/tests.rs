//! Text and damage of packed files, whole, cut, broken and hostile.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::io::Write;

use flate2::{Compression, GzBuilder, write::GzEncoder};
use proptest::prelude::*;

use super::*;

const NO_LIMIT: usize = 64 << 20;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Two frames' worth is not needed: the encoder writes one frame with its checksum.
fn zstd(text: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
}

/// Text like that of a log: it compresses well and not wholly.
fn log(records: usize) -> Vec<u8> {
    let records: Vec<_> = (0..records)
        .map(|i| format!("{{\"eventName\":\"Get{}\",\"eventID\":\"{:x}\"}}", i % 7, i * 7919))
        .collect();
    format!("{{\"Records\":[{}]}}", records.join(",")).into_bytes()
}

fn whole(packed: &[u8]) -> (Vec<u8>, Vec<Damage>) {
    whole_within(packed, NO_LIMIT)
}

fn whole_within(packed: &[u8], max_inflated: usize) -> (Vec<u8>, Vec<Damage>) {
    match inflate(packed, Limits { max_inflated }, &mut TextBuffer::default()).unwrap() {
        Inflated::Whole { text, damage } => (text.to_vec(), damage),
        Inflated::Stream(stream) => panic!("{stream:?}"),
    }
}

/// The same file read as a stream, in pieces of `piece` bytes.
fn streamed(packed: &[u8], piece: usize) -> (Vec<u8>, Vec<Damage>) {
    let mut buffer = TextBuffer::default();
    let mut stream = match Packing::of(packed) {
        Packing::Gzip => TextStream::gzip(packed, buffer.inflater()),
        Packing::Zstd => TextStream::zstd(packed, buffer.zstd_decoder(), NO_LIMIT),
        Packing::Bzip2 => TextStream::bzip2(packed),
        Packing::Plain => TextStream::plain(packed),
    };
    // Whatever was read before, a stream that starts anew gives all of it.
    stream.read(&mut Vec::new(), piece / 2);
    assert!(stream.rewind());
    read_all(&mut stream, piece)
}

fn read_all(stream: &mut TextStream<'_>, piece: usize) -> (Vec<u8>, Vec<Damage>) {
    let mut text = Vec::new();
    loop {
        let before = text.len();
        let read = stream.read(&mut text, piece);
        assert_eq!(text.len() - before, read);
        if read == 0 {
            return (text, stream.damage().to_vec());
        }
    }
}

/// The same file without libdeflate.
fn by_zlib_rs(packed: &[u8]) -> (Vec<u8>, Vec<Damage>) {
    let mut buffer = TextBuffer::default();
    let (length, damage) = buffer.remaining_members(packed, 0, 0, NO_LIMIT).unwrap();
    (buffer.text(length).to_vec(), damage)
}

/// What every way of reading a gzip or zstd file agrees on.
fn agreed(packed: &[u8]) -> (Vec<u8>, Vec<Damage>) {
    let expected = whole(packed);
    for piece in [1000, 1 << 15] {
        assert!(streamed(packed, piece) == expected, "{piece}");
    }
    if Packing::of(packed) == Packing::Gzip {
        assert!(by_zlib_rs(packed) == expected);
    }
    expected
}

#[test]
fn members_give_their_text_one_after_another() {
    let text = log(2000);
    let mut packed = Vec::new();
    for piece in text.chunks(10_000) {
        packed.extend(gzip(piece));
        packed.extend(gzip(b""));
    }
    assert_eq!(agreed(&packed), (text, vec![]));
}

#[test]
fn headers_of_every_kind_are_read() {
    let text = log(50);
    let mut encoder = GzBuilder::new()
        .extra(vec![7; 300])
        .filename("name.json")
        .comment("comment")
        .mtime(1)
        .write(Vec::new(), Compression::best());
    encoder.write_all(&text).unwrap();
    let packed = encoder.finish().unwrap();
    assert_eq!(agreed(&packed), (text.clone(), vec![]));

    // With a checksum of the header, which stands behind all else and is not used.
    let mut packed = gzip(&text);
    packed[3] |= 1 << 1;
    packed.splice(10..10, [0, 0]);
    assert_eq!(agreed(&packed), (text, vec![]));
}

fn bzip2(text: &[u8]) -> Vec<u8> {
    let mut encoder = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn bzip2_gives_its_streams_one_after_another() {
    let text = log(20_000);
    let mut packed = Vec::new();
    for piece in text.chunks(300_000) {
        packed.extend(bzip2(piece));
        packed.extend(bzip2(b""));
    }
    assert_eq!(agreed(&packed), (text.clone(), vec![]));
    assert_eq!(agreed(&bzip2(b"")), (vec![], vec![]));
    packed.extend([0; 512]);
    assert_eq!(agreed(&packed), (text.clone(), vec![]), "padding");
    packed.extend(b"more");
    assert_eq!(agreed(&packed), (text, vec![Damage::Trailing { bytes: 516 }]));
}

#[test]
fn broken_bzip2_gives_the_text_before_the_break() {
    let text = log(20_000);
    let packed = bzip2(&text);
    for cut in [4, 10, 100, packed.len() / 2, packed.len() - 1] {
        let (given, damage) = agreed(&packed[..cut]);
        assert!(text.starts_with(&given), "{cut}");
        assert_eq!(damage, [Damage::Cut], "{cut}");
    }
    let mut flipped = packed.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x10;
    assert_eq!(agreed(&flipped).1, [Damage::Corrupt]);
    for text in [&b"BZ"[..], b"BZh0", b"BZhello", b"BZh91BY"] {
        assert_eq!(Packing::of(text), Packing::Plain, "{text:?}");
    }
}

/// A member of a zip, whole and as a stream, which must agree.
fn member(member: Member<'_>) -> (Vec<u8>, Vec<Damage>) {
    let limits = Limits { max_inflated: NO_LIMIT };
    let mut buffer = TextBuffer::default();
    let Inflated::Whole { text, damage } = unpack(member, limits, &mut buffer) else {
        panic!("not whole")
    };
    let whole = (text.to_vec(), damage);
    let limits = Limits { max_inflated: 0 };
    if !whole.0.is_empty() {
        let mut buffer = TextBuffer::default();
        let Inflated::Stream(mut stream) = unpack(member, limits, &mut buffer) else {
            panic!("not a stream")
        };
        stream.read(&mut Vec::new(), 100);
        assert!(stream.rewind());
        assert!(read_all(&mut stream, 1000) == whole);
    }
    whole
}

#[test]
fn members_of_a_zip_are_checked_against_their_promise() {
    let text = log(3000);
    let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), Compression::fast());
    deflate.write_all(&text).unwrap();
    let packed = [
        (Method::Deflate, deflate.finish().unwrap()),
        (Method::Bzip2, bzip2(&text)),
        (Method::Zstd, zstd(&text)),
        (Method::Stored, text.clone()),
    ];
    let mut checksum = flate2::Crc::new();
    checksum.update(&text);
    let promise = Promise { checksum: checksum.sum(), length: text.len() as u64 };
    for (method, data) in &packed {
        let sound = Member { data, method: *method, promise: Some(promise), cut: false };
        let told = |member_of: Member<'_>| member(member_of).1;
        assert!(member(sound) == (text.clone(), vec![]), "{method:?}");
        let wrong = Promise { checksum: 7, ..promise };
        assert_eq!(told(Member { promise: Some(wrong), ..sound }), [Damage::Checksum]);
        let longer = Promise { length: promise.length + 1, ..promise };
        assert_eq!(told(Member { promise: Some(longer), ..sound }), [Damage::Length]);
        let huge = Promise { length: 1 << 40, ..promise };
        let limits = Limits { max_inflated: NO_LIMIT };
        let mut buffer = TextBuffer::default();
        let lying = unpack(Member { promise: Some(huge), ..sound }, limits, &mut buffer);
        let Inflated::Stream(mut stream) = lying else { panic!("{method:?}") };
        assert!(read_all(&mut stream, 1000) == (text.clone(), vec![Damage::Length]));
        assert_eq!(told(Member { promise: None, ..sound }), [Damage::NoChecksum]);
        let half = Member { data: &data[..data.len() / 2], cut: true, ..sound };
        let (given, damage) = member(half);
        assert!(text.starts_with(&given) && damage == [Damage::Ends], "{method:?} {damage:?}");
    }
}

#[test]
fn a_gzip_of_nothing_is_an_empty_text() {
    assert_eq!(agreed(&gzip(b"")), (vec![], vec![]));
    assert_eq!(agreed(&zstd(b"")), (vec![], vec![]));
}

#[test]
fn what_is_not_packed_is_given_as_it_is() {
    let text = log(10);
    let mut buffer = TextBuffer::default();
    let limits = Limits { max_inflated: text.len() };
    let Ok(Inflated::Whole { text: given, damage }) = inflate(&text, limits, &mut buffer) else {
        panic!("not whole")
    };
    assert_eq!((given.as_ptr(), given.len(), damage), (text.as_ptr(), text.len(), vec![]));
    let limits = Limits { max_inflated: text.len() - 1 };
    assert!(matches!(inflate(&text, limits, &mut buffer), Ok(Inflated::Stream(_))));
    assert_eq!(streamed(&text, 7), (text, vec![]));
}

#[test]
fn what_is_no_text_at_all_says_why() {
    let mut buffer = TextBuffer::default();
    let mut error = |packed: &[u8]| {
        inflate(packed, Limits { max_inflated: NO_LIMIT }, &mut buffer).unwrap_err()
    };
    assert_eq!(error(b""), InflateError::Empty);
    assert_eq!(error(&[0x1f, 0x8b, 7]), InflateError::Method(7));
    assert_eq!(error(&[0x1f, 0x8b, 8, 0x20, 0, 0]), InflateError::Flags(0x20));

    // A window of 2^41 bytes, and one dictionary.
    let window = [0x28, 0xb5, 0x2f, 0xfd, 0, 31 << 3, 1, 0, 0];
    let refused = Damage::Window { bytes: 1 << 41, limit: NO_LIMIT as u64 };
    assert_eq!(error(&window), InflateError::Refused(refused));
    let dictionary = [0x28, 0xb5, 0x2f, 0xfd, 1, 0, 9, 1, 0, 0];
    assert_eq!(error(&dictionary), InflateError::Refused(Damage::Dictionary));

    // Behind a readable frame the same is damage.
    let text = log(3);
    let packed = [zstd(&text), window.to_vec()].concat();
    assert_eq!(agreed(&packed), (text, vec![refused]));
}

#[test]
fn a_cut_gives_the_text_before_it() {
    let text = log(40);
    for packed in [gzip(&text), [gzip(&text[..900]), gzip(&text[900..])].concat(), zstd(&text)] {
        let is_zstd = packed[0] == 0x28;
        let boundary = gzip(&text[..900]).len();
        let mut longest = 0;
        for end in if is_zstd { 2 } else { 1 }..packed.len() {
            let (given, damage) = agreed(&packed[..end]);
            assert!(text.starts_with(&given), "{end}");
            let is_whole_member = !is_zstd && given.len() == 900 && end == boundary;
            let expected = if is_whole_member { vec![] } else { vec![Damage::Cut] };
            assert_eq!(damage, expected, "{end}");
            longest = longest.max(given.len());
        }
        // Without its last byte only the checksum is gone.
        assert_eq!(longest, text.len());
    }
}

#[test]
fn a_cut_deep_in_a_large_file_gives_most_of_its_text() {
    let text = log(60_000);
    for packed in [gzip(&text), zstd(&text)] {
        let (given, damage) = agreed(&packed[..packed.len() / 2]);
        assert!(text.starts_with(&given));
        assert!(given.len() > text.len() / 3, "{} of {}", given.len(), text.len());
        assert_eq!(damage, [Damage::Cut]);
    }
}

#[test]
fn a_flipped_bit_that_changes_the_text_is_told() {
    let text = log(12);
    for packed in [gzip(&text), zstd(&text)] {
        // Both end in their checksum; that of gzip has the length behind it.
        let checksum = packed.len() - if packed[0] == 0x1f { 8 } else { 4 };
        for bit in 0..8 * packed.len() {
            let mut broken = packed.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            if Packing::of(&broken) == Packing::Plain {
                assert!(bit < 4 * 8, "bit {bit}");
                continue;
            }
            let limits = Limits { max_inflated: NO_LIMIT };
            if inflate(&broken, limits, &mut TextBuffer::default()).is_err() {
                continue;
            }
            let (given, damage) = agreed(&broken);
            // Padding bits mean nothing, and a copy may be taken from two places alike.
            assert!(given == text || !damage.is_empty(), "bit {bit}");
            if bit / 8 >= checksum {
                assert!(given == text && damage.iter().any(Damage::unchecked), "bit {bit}");
            }
        }
    }
}

#[test]
fn a_wrong_checksum_or_length_keeps_the_text_and_what_follows() {
    let text = log(30);
    let sound = gzip(&text);
    for (from_end, expected) in [(8, Damage::Checksum), (4, Damage::Length)] {
        let mut broken = sound.clone();
        let at = broken.len() - from_end;
        broken[at] ^= 1;
        let packed = [&sound[..], &broken, &broken, &sound].concat();
        assert_eq!(agreed(&packed), (text.repeat(4), vec![expected]));
    }
    let mut broken = zstd(&text);
    *broken.last_mut().unwrap() ^= 1;
    let packed = [broken, zstd(&text)].concat();
    assert_eq!(agreed(&packed), (text.repeat(2), vec![Damage::Checksum]));
}

#[test]
fn padding_is_no_damage_and_other_data_is() {
    let text = log(30);
    for sound in [gzip(&text), zstd(&text)] {
        assert_eq!(agreed(&[&sound[..], &[0; 600]].concat()), (text.clone(), vec![]));
        let packed = [&sound[..], b"other"].concat();
        assert_eq!(agreed(&packed), (text.clone(), vec![Damage::Trailing { bytes: 5 }]));
    }
    let padded = [gzip(&text), vec![0; 512], gzip(&text)].concat();
    assert_eq!(agreed(&padded), (text.repeat(2), vec![]));
}

#[test]
fn skippable_frames_are_skipped() {
    let text = log(30);
    let skipped = [0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    let packed = [&skipped[..], &zstd(&text), &skipped, &zstd(&text)].concat();
    assert_eq!(agreed(&packed), (text.repeat(2), vec![]));
    assert_eq!(agreed(&skipped), (vec![], vec![]));
    assert_eq!(agreed(&skipped[..9]), (vec![], vec![Damage::Cut]));
}

#[test]
fn a_lying_length_changes_nothing_but_the_damage() {
    let text = log(3000);
    let sound = gzip(&text);
    for lie in [0u32, 1, 1000, 10_000_000, u32::MAX] {
        let mut packed = sound.clone();
        let at = packed.len() - 4;
        packed[at..].copy_from_slice(&lie.to_le_bytes());
        assert_eq!(agreed(&packed), (text.clone(), vec![Damage::Length]));
    }
}

#[test]
fn a_bomb_never_fills_more_than_the_limit() {
    const SIZE: usize = 20_000_000;
    let mut bomb = gzip(&vec![b'a'; SIZE]);
    let at = bomb.len() - 4;
    for stored in [SIZE, 5] {
        bomb[at..].copy_from_slice(&u32::try_from(stored).unwrap().to_le_bytes());
        let mut buffer = TextBuffer::default();
        let limits = Limits { max_inflated: 100_000 };
        let Inflated::Stream(mut stream) = inflate(&bomb, limits, &mut buffer).unwrap() else {
            panic!("more than the limit is held")
        };
        let (mut piece, mut length) = (Vec::new(), 0);
        while stream.read(&mut piece, 50_000) > 0 {
            assert!(piece.len() <= 50_000);
            length += piece.len();
            piece.clear();
        }
        assert_eq!(length, SIZE);
        assert_eq!(stream.packed_consumed(), bomb.len() as u64);
        assert_eq!(stream.damage().is_empty(), stored == SIZE);
        assert!(buffer.text(0).is_empty() && buffer.size() <= 100_000, "{}", buffer.size());
    }
}

#[test]
fn the_limit_is_the_last_size_that_is_whole() {
    let text = log(3000);
    for packed in [gzip(&text), zstd(&text), [gzip(&text[..5]), gzip(&text[5..])].concat()] {
        assert_eq!(whole_within(&packed, text.len()), (text.clone(), vec![]));
        let limits = Limits { max_inflated: text.len() - 1 };
        let mut buffer = TextBuffer::default();
        let Inflated::Stream(mut stream) = inflate(&packed, limits, &mut buffer).unwrap() else {
            panic!("over the limit")
        };
        let mut given = Vec::new();
        stream.read(&mut given, usize::MAX >> 40);
        while stream.read(&mut given, 4096) > 0 {}
        assert!(given == text);
    }
}

#[test]
fn one_buffer_does_for_files_of_every_kind() {
    let (small, large) = (log(2), log(20_000));
    let mut buffer = TextBuffer::default();
    let limits = Limits { max_inflated: NO_LIMIT };
    let broken = &gzip(&large)[..3000];
    for packed in [gzip(&large), zstd(&large), broken.to_vec(), gzip(&small), zstd(&small)] {
        let fresh = whole(&packed);
        let Inflated::Whole { text, damage } = inflate(&packed, limits, &mut buffer).unwrap()
        else {
            panic!("not whole")
        };
        assert!(text == fresh.0 && damage == fresh.1);
    }
}

#[test]
fn a_buffer_may_move_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<TextBuffer>();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_comes_back_whole_and_in_pieces(
        text in proptest::collection::vec(prop_oneof![Just(b'a'), any::<u8>()], 0..20_000),
        cut in 0usize..20_000,
        piece in 1usize..9000,
    ) {
        let (a, b) = text.split_at(cut.min(text.len()));
        for packed in [[gzip(a), gzip(b)].concat(), [zstd(a), zstd(b)].concat()] {
            prop_assert!(agreed(&packed) == (text.clone(), vec![]));
            prop_assert!(streamed(&packed, piece) == (text.clone(), vec![]));
        }
    }

    #[test]
    fn any_bytes_behind_any_magic_are_survived(
        magic in prop_oneof![
            Just(&[0x1f, 0x8b, 8][..]), Just(&[0x28, 0xb5, 0x2f, 0xfd][..]), Just(&[][..]),
        ],
        rest in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let packed = [magic, &rest].concat();
        let limits = Limits { max_inflated: 10_000 };
        let _ = inflate(&packed, limits, &mut TextBuffer::default());
        if gzip::check_start(&packed).is_ok() && !packed.is_empty() {
            let _ = streamed(&packed, 100);
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test is about time")]
fn empty_members_cost_little_and_hide_nothing() {
    for (kind, pack) in [("gzip", gzip as fn(&[u8]) -> Vec<u8>), ("zstd", zstd), ("bzip2", bzip2)] {
        let begun = std::time::Instant::now();
        let mut packed = pack(b"first ");
        packed.extend(pack(b"").repeat(50_000));
        packed.extend(pack(b"last"));
        assert_eq!(whole(&packed), (b"first last".to_vec(), vec![]), "{kind}");
        assert!(begun.elapsed().as_secs() < 5, "{kind}: {:?}", begun.elapsed());
        packed.extend(b"behind");
        assert_eq!(whole(&packed).1, [Damage::Trailing { bytes: 6 }], "{kind}");
    }
}

#[test]
fn an_empty_bzip2_stream_may_be_cut_or_corrupt() {
    let empty = bzip2(b"");
    let text = bzip2(b"text");
    assert_eq!(whole(&empty), (vec![], vec![]));
    for cut in 11..empty.len() {
        let packed = [&text[..], &empty[..cut]].concat();
        assert_eq!(whole(&packed), (b"text".to_vec(), vec![Damage::Cut]), "{cut}");
    }
    let mut wrong = empty.clone();
    wrong[12] = 1;
    assert_eq!(whole(&[&text[..], &wrong].concat()).1, [Damage::Corrupt]);
}
