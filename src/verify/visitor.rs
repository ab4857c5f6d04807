//! One listed object as `verify` sees it: the hash of each text in it, or why there is none.

use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};

use super::{Watch, sweep::Buffers};
use crate::{
    archive::{
        Body, Damage, ENTRY_COST, Entry, Failure, Interest, MIN_WINDOW, ObjectRef, Pieces, Text,
        Visitor, Walk,
    },
    cloudtrail::FileName,
};

/// What a digest in a container counts towards the limit on expansion besides its text, as it is
/// kept in memory. One that AWS wrote has 300 bytes that do not compress, so the limit allows it
/// several times as much.
pub(super) const DIGEST_COST: u64 = 64 << 10;

/// How objects are read, the same for all.
#[derive(Clone, Copy)]
pub(super) struct Reader<'v> {
    pub(super) walk: Walk<'v>,
    pub(super) watch: &'v dyn Watch,
    pub(super) interrupt: &'v AtomicBool,
    /// Files that are read; others are only opened to see whether they are containers.
    pub(super) wants: &'v (dyn Fn(&FileName) -> bool + Sync),
    /// Files that are opened.
    pub(super) opens: &'v (dyn Fn(&FileName) -> bool + Sync),
    /// What each file that is read counts in a container.
    pub(super) cost: u64,
}

/// What one file was read to.
pub(super) struct Read<'t> {
    /// SHA-256 of the text.
    pub(super) hash: [u8; 32],
    /// The text, unless it is larger than the cap.
    pub(super) text: Option<&'t [u8]>,
    /// The bytes that are stored for it, if they are in memory.
    pub(super) stored: Option<&'t [u8]>,
    /// What is wrong with how it is stored.
    pub(super) damage: Vec<String>,
}

/// Why a file was not read, or not all of a container.
#[derive(Debug)]
pub(super) struct Unread {
    pub(super) reason: String,
    /// It is a container, so no digest lists it.
    pub(super) is_container: bool,
}

/// Takes what a file was read to, or why it could not be read.
pub(super) type Take<'t> = dyn FnMut(&FileName, Result<Read<'_>, Unread>) + 't;

impl Reader<'_> {
    /// Reads one listed object, or all that are wanted in it.
    pub(super) fn read(&self, file: &ObjectRef, buffers: &mut Buffers, take: &mut Take<'_>) {
        let Buffers { walk, piece } = buffers;
        let mut visitor = HashVisitor { reader: self, piece, take };
        self.walk.object(file, self.interest(&file.name), None, walk, &mut visitor);
    }

    fn interest(&self, name: &FileName) -> Interest {
        if (self.wants)(name) { Interest::Text } else { Interest::Entries }
    }
}

struct HashVisitor<'v> {
    reader: &'v Reader<'v>,
    piece: &'v mut Vec<u8>,
    take: &'v mut Take<'v>,
}

impl Visitor for HashVisitor<'_> {
    fn admit(&mut self, name: &FileName) -> Interest {
        if (self.reader.opens)(name) { self.reader.interest(name) } else { Interest::Nothing }
    }

    fn entry_cost(&self, name: &FileName) -> u64 {
        if (self.reader.wants)(name) { self.reader.cost } else { ENTRY_COST }
    }

    fn text(&mut self, entry: &Entry<'_>, Text { body, stored, .. }: Text<'_>) {
        let all_damage = |damage: &[Damage]| {
            let damage = damage.iter().map(ToString::to_string);
            entry.damage.iter().cloned().chain(damage).collect()
        };
        let (read, length) = match body {
            Body::Whole { text, damage } => {
                let hash = Sha256::digest(text).into();
                let damage = all_damage(damage);
                (Read { hash, text: Some(text), stored, damage }, text.len() as u64)
            }
            Body::Stream(stream) => {
                let (hash, length) = hash_stream(stream, self.piece);
                let damage = all_damage(stream.damage());
                (Read { hash, text: None, stored, damage }, length)
            }
        };
        self.reader.watch.read(stored.map_or(0, |stored| stored.len() as u64), length);
        (self.take)(entry.name, Ok(read));
    }

    fn failed(&mut self, entry: &Entry<'_>, failure: Failure) {
        if let Failure::Empty = failure {
            // Damage to a file that a digest lists; others may well be empty.
            if self.reader.interest(entry.name) == Interest::Text {
                let damage = [&entry.damage[..], &[failure.to_string()]].concat();
                let hash = Sha256::digest(b"").into();
                let read = Read { hash, text: Some(b""), stored: Some(b""), damage };
                (self.take)(entry.name, Ok(read));
            }
            return;
        }
        let reason = [&entry.damage[..], &[failure.to_string()]].concat().join("; ");
        (self.take)(entry.name, Err(Unread { reason, is_container: false }));
    }

    fn container(&mut self, entry: &Entry<'_>, problems: Vec<String>, _visited: u64) {
        if !problems.is_empty() {
            let reason = problems.join("; ");
            (self.take)(entry.name, Err(Unread { reason, is_container: true }));
        }
    }

    fn is_stopped(&self) -> bool {
        self.reader.interrupt.load(Ordering::Relaxed)
    }
}

/// The hash and length of a text that comes in pieces.
fn hash_stream(stream: &mut dyn Pieces, piece: &mut Vec<u8>) -> ([u8; 32], u64) {
    let mut hash = Sha256::new();
    let mut length = 0;
    loop {
        piece.clear();
        match stream.read(piece, MIN_WINDOW) {
            0 => return (hash.finalize().into(), length),
            read => length += read as u64,
        }
        hash.update(&piece);
    }
}
