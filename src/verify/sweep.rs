//! Going through files in parallel: listed once, each inflated and hashed by one worker.
//!
//! What workers tell comes back in the order of the listing. A panic in one file is that file's
//! alone. Names wait in a bounded channel, so a long listing costs no memory.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use crossbeam_channel::bounded;
use rayon::ThreadPool;
use sha2::{Digest, Sha256};

use super::{VerifyError, Watch};
use crate::{
    cloudtrail::FileName,
    source::{
        Inflated, Limits, Listed, Listing, LogFile, Packed, Pieces, Source, TextBuffer, TextStream,
        inflate,
    },
};

/// Names that wait for a worker.
const WAITING: usize = 1024;

/// Bytes of a text that is larger than the cap, read at once.
const PIECE: usize = 1 << 20;

/// Stored bytes of a streamed file that stay mapped behind where it is read.
const RELEASED_AT_ONCE: u64 = 8 << 20;

/// What one file was read to.
pub(super) struct Read<'t> {
    /// SHA-256 of the text.
    pub(super) hash: [u8; 32],
    /// The text, unless it is larger than the cap.
    pub(super) text: Option<&'t [u8]>,
    /// What is wrong with how it is stored, as fragments.
    pub(super) damage: Vec<String>,
}

/// One worker's buffers.
#[derive(Default)]
pub(super) struct Hands {
    packed: Vec<u8>,
    text: TextBuffer,
    piece: Vec<u8>,
}

/// What files are read with, the same for all.
#[derive(Clone, Copy)]
pub(super) struct Reader<'v> {
    pub(super) source: &'v dyn Source,
    pub(super) limits: Limits,
    pub(super) watch: &'v dyn Watch,
}

impl Reader<'_> {
    /// Reads one file and hands on what it was read to; the error is why it cannot be read.
    pub(super) fn read<T>(
        &self,
        file: &LogFile,
        hands: &mut Hands,
        then: impl FnOnce(Read<'_>) -> T,
    ) -> Result<T, String> {
        let Hands { packed, text, piece } = hands;
        let packed = self.source.fetch(file, packed).map_err(|error| error.to_string())?;
        let size = packed.bytes().len() as u64;
        match inflate(packed.bytes(), self.limits, text).map_err(|error| error.to_string())? {
            Inflated::Whole { text, damage } => {
                self.watch.read(size, text.len() as u64);
                let hash = Sha256::digest(text).into();
                let damage = damage.iter().map(ToString::to_string).collect();
                Ok(then(Read { hash, text: Some(text), damage }))
            }
            Inflated::Stream(stream) => {
                let (hash, length, damage) = hash_stream(stream, &packed, piece);
                self.watch.read(size, length);
                Ok(then(Read { hash, text: None, damage }))
            }
        }
    }
}

/// Hashes a text that is larger than the cap, piece by piece.
fn hash_stream(
    mut stream: TextStream<'_>,
    packed: &Packed<'_>,
    piece: &mut Vec<u8>,
) -> ([u8; 32], u64, Vec<String>) {
    let mut hash = Sha256::new();
    let (mut length, mut released) = (0, 0);
    piece.clear();
    while stream.read(piece, PIECE) > 0 {
        hash.update(&piece);
        length += piece.len() as u64;
        piece.clear();
        let consumed = stream.packed_consumed();
        if consumed >= released + RELEASED_AT_ONCE {
            packed.release(consumed);
            released = consumed;
        }
    }
    let damage = stream.damage().iter().map(ToString::to_string).collect();
    (hash.finalize().into(), length, damage)
}

/// What a sweep came to.
pub(super) struct Swept<T> {
    /// What workers told, by the place in the listing.
    pub(super) told: Vec<(u64, T)>,
    /// What could not be listed, and why.
    pub(super) failed: Vec<(u64, FileName, String)>,
    /// Links to folders that were met and not entered.
    pub(super) links_not_followed: u64,
}

/// Lists, and has each file that `wanted` takes worked on. Once `interrupt` is true no new file is
/// begun.
pub(super) fn sweep<T: Send>(
    mut listing: Listing,
    pool: &ThreadPool,
    interrupt: &AtomicBool,
    watch: &dyn Watch,
    wanted: impl Fn(&LogFile) -> bool + Send,
    work: impl Fn(&LogFile, &mut Hands) -> Option<T> + Sync,
    panicked: impl Fn(&LogFile) -> Option<T> + Sync,
) -> Result<Swept<T>, VerifyError> {
    let (names_in, names) = bounded::<(u64, LogFile)>(WAITING);
    thread::scope(|scope| {
        let lister = scope.spawn(move || {
            let mut failed = Vec::new();
            for (seq, listed) in (0..).zip(&mut listing) {
                match listed {
                    _ if interrupt.load(Ordering::Relaxed) => break,
                    Listed::Failed { name, reason } => failed.push((seq, name, reason)),
                    Listed::File(file) if !wanted(&file) => {}
                    Listed::File(file) => {
                        watch.listed();
                        if names_in.send((seq, file)).is_err() {
                            break;
                        }
                    }
                }
            }
            watch.listing_done();
            (failed, listing.links_not_followed())
        });
        let workers = pool.broadcast(|_| {
            let mut hands = Hands::default();
            let mut told = Vec::new();
            for (seq, file) in &names {
                if interrupt.load(Ordering::Relaxed) {
                    break;
                }
                let done = catch_unwind(AssertUnwindSafe(|| work(&file, &mut hands)));
                let done = done.unwrap_or_else(|_| {
                    // The buffers may have been left in any state.
                    hands = Hands::default();
                    panicked(&file)
                });
                told.extend(done.map(|done| (seq, done)));
            }
            told
        });
        // After an interrupt names may be left, and the lister waits for room.
        drop(names);
        let mut told: Vec<_> = workers.into_iter().flatten().collect();
        told.sort_unstable_by_key(|(seq, _)| *seq);
        let (failed, links_not_followed) = lister.join().map_err(|_| VerifyError::Listing)?;
        Ok(Swept { told, failed, links_not_followed })
    })
}
