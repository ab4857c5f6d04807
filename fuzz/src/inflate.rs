//! Any bytes as a stored file: held whole and streamed it gives the same text and damage.
//!
//! Zip and tar archives are gone through, and what is in them likewise.

use std::fmt;

use backtrail::archive::{
    Damage, Inflated, Limits, Member, Pieces, Shape, Tar, TarContent, TextBuffer, Zip, inflate,
    unpack,
};

/// No more of one text is looked at.
const MOST: usize = 256 << 10;

/// A limit that most texts exceed.
const LITTLE: usize = 100;

/// Packed things and archives in one another are followed so far.
const DEPTH: usize = 3;

/// Inflates the input in every way.
pub fn check(data: &[u8]) {
    descend(data, DEPTH);
}

fn descend(data: &[u8], depth: usize) {
    match Shape::of(data) {
        Shape::Zip => zip(data, depth),
        Shape::Tar => tar(data, depth),
        Shape::Packed | Shape::Foreign(_) | Shape::Plain => {
            packed(data, depth);
        }
    }
}

/// A text as far as it was read.
#[derive(PartialEq, Eq)]
struct Read {
    text: Vec<u8>,
    damage: Vec<Damage>,
    /// It was read to its end, so that the damage is complete.
    ended: bool,
}

impl fmt::Debug for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.ended { "" } else { " and more" };
        write!(f, "{} bytes{end}, {:?}", self.text.len(), self.damage)
    }
}

fn read(inflated: Inflated<'_>, limit: usize) -> Read {
    match inflated {
        Inflated::Whole { text, damage } => {
            assert!(text.len() <= limit, "{} bytes are held, not {limit}", text.len());
            Read { text: text.to_vec(), damage, ended: true }
        }
        Inflated::Stream(mut stream) => {
            let first = drain(&mut stream, 333);
            assert!(stream.rewind(), "packed bytes can be read anew");
            let second = drain(&mut stream, MOST);
            assert!(first == second, "read anew it differs: {first:?} {second:?}");
            first
        }
    }
}

fn drain(pieces: &mut dyn Pieces, step: usize) -> Read {
    let mut text = Vec::new();
    while text.len() < MOST {
        let want = step.min(MOST - text.len());
        let made = pieces.read(&mut text, want);
        if made < want {
            assert!(pieces.read(&mut text, 1) == 0, "there is more behind the end");
            return Read { text, damage: pieces.damage().to_vec(), ended: true };
        }
    }
    Read { text, damage: Vec::new(), ended: false }
}

/// Both give the same, as far as both were read. A limit that a frame exceeds is part of its damage.
fn agree(little: &Read, large: &Read) {
    let refuses = |read: &Read| read.damage.iter().any(|d| matches!(d, Damage::Window { .. }));
    if refuses(little) || refuses(large) {
        return;
    }
    let shared = little.text.len().min(large.text.len());
    assert!(little.text[..shared] == large.text[..shared], "texts differ: {little:?} {large:?}");
    // In a stream that is cut and broken before that, where the break is met depends on the room there is.
    let is_cut = |read: &Read| read.damage == [Damage::Ends];
    if little.ended && large.ended && !(is_cut(little) && is_cut(large)) {
        assert!(little == large, "{little:?}\nnot {large:?}");
    }
}

fn packed(data: &[u8], depth: usize) {
    let ways = [LITTLE, MOST].map(|max_inflated| {
        let mut buffer = TextBuffer::default();
        inflate(data, Limits { max_inflated }, &mut buffer)
            .map(|inflated| read(inflated, max_inflated))
    });
    match &ways {
        [Ok(little), Ok(large)] => {
            agree(little, large);
            if depth > 0 && Shape::of(data) == Shape::Packed {
                descend(&large.text, depth - 1);
            }
        }
        // Whether a frame is refused or given as a stream depends on the limit.
        [little, large] => assert!(
            little.is_err() == large.is_err() || data.starts_with(b"\x28\xb5\x2f\xfd"),
            "{little:?} but {large:?}"
        ),
    }
}

fn member(member: Member<'_>, depth: usize) {
    let [little, large] = [LITTLE, MOST].map(|max_inflated| {
        let mut buffer = TextBuffer::default();
        read(unpack(member, Limits { max_inflated }, &mut buffer), max_inflated)
    });
    agree(&little, &large);
    if let Some((text, damage)) = member.as_stored()
        && large.ended
    {
        assert!(large.text == text && large.damage == damage, "{large:?}\nnot {text:?} {damage:?}");
    }
    if depth > 0 {
        descend(&large.text, depth - 1);
    }
}

fn zip(data: &[u8], depth: usize) {
    let mut archive = Zip::open(data);
    let mut claimed = 0;
    while let Some(file) = archive.next() {
        assert!(archive.reached() <= data.len() as u64, "outside of the archive");
        let Ok(inner) = file.data else { continue };
        claimed += inner.data.len();
        assert!(claimed <= data.len() * 4, "files overlap without end");
        if claimed <= data.len() {
            member(inner, depth);
        }
    }
}

/// A file of a tar: its name, whether it is cut, why it is refused, and its bytes.
type Entry = (Vec<u8>, bool, Option<&'static str>, Vec<u8>);

fn entries(mut tar: Tar<'_>, length: usize) -> (Vec<Entry>, Vec<String>) {
    let mut entries = Vec::new();
    while let Some(file) = tar.next() {
        let mut buffer = Vec::new();
        let bytes = match tar.content(&mut buffer, LITTLE) {
            TarContent::Bytes(bytes) => bytes.to_vec(),
            TarContent::Pieces(mut pieces) => drain(&mut pieces, 333).text,
        };
        assert!(tar.reached() <= length as u64, "outside of the archive");
        entries.push((file.name, file.cut, file.refused, bytes));
    }
    (entries, tar.trouble().to_vec())
}

fn tar(data: &[u8], depth: usize) {
    let whole = entries(Tar::in_bytes(data), data.len());
    let mut buffer = TextBuffer::default();
    // Plain text that is larger than the limit is a stream of itself.
    let Ok(Inflated::Stream(mut stream)) = inflate(data, Limits { max_inflated: 0 }, &mut buffer)
    else {
        return;
    };
    let streamed = entries(Tar::in_pieces(&mut stream, data.len() as u64), data.len());
    assert!(whole == streamed, "{whole:?}\nnot {streamed:?}");
    if depth > 0 {
        for (.., bytes) in whole.0 {
            descend(&bytes, depth - 1);
        }
    }
}
