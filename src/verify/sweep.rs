//! Going through files in parallel: listed once, each inflated and hashed by one worker.
//!
//! What workers find comes with the place of its file in the listing. A panic in one file is that
//! file's alone. Names wait in a bounded channel and nothing is collected here, so a long listing
//! costs no memory.

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
    source::{Damage, Listed, Listing, LogFile, Packed, Pieces, TextBuffer},
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
    /// The bytes that are stored for it, if they are all there.
    pub(super) stored: Option<&'t [u8]>,
    /// What is wrong with how it is stored, as fragments.
    pub(super) damage: Vec<String>,
}

/// One worker's buffers.
#[derive(Default)]
pub(super) struct Hands {
    pub(super) packed: Vec<u8>,
    /// One for each level of archives; the first is all that most files need.
    pub(super) levels: Vec<TextBuffer>,
    pub(super) piece: Vec<u8>,
}

/// Hashes a text that is larger than the cap, piece by piece.
pub(super) fn hash_stream(
    head: Vec<u8>,
    stream: &mut dyn Pieces,
    packed: Option<&Packed<'_>>,
    piece: &mut Vec<u8>,
) -> ([u8; 32], u64, Vec<Damage>) {
    let mut hash = Sha256::new();
    let mut released = 0;
    let mut length = head.len() as u64;
    hash.update(head);
    piece.clear();
    while stream.read(piece, PIECE) > 0 {
        hash.update(&piece);
        length += piece.len() as u64;
        piece.clear();
        let consumed = stream.packed_consumed();
        if consumed >= released + RELEASED_AT_ONCE {
            if let Some(packed) = packed {
                packed.release(consumed);
            }
            released = consumed;
        }
    }
    (hash.finalize().into(), length, stream.damage().to_vec())
}

/// What was listed and not read.
pub(super) struct Swept {
    /// What could not be listed, and why.
    pub(super) failed: Vec<(u64, FileName, String)>,
    /// Links to folders that were met and not entered.
    pub(super) links_not_followed: u64,
}

/// Lists, and calls `work` with each file that `wanted` accepts, which may find several files in it.
/// `take` gets what it finds with the place of the file in the listing; finds of one file come in
/// order, those of different files in any. Once `interrupt` is true no new file is begun.
#[expect(clippy::too_many_arguments, reason = "each is one step of the pass")]
pub(super) fn sweep<T>(
    mut listing: Listing,
    pool: &ThreadPool,
    interrupt: &AtomicBool,
    watch: &dyn Watch,
    wanted: impl Fn(&LogFile) -> bool + Send,
    work: impl Fn(&LogFile, &mut Hands, &mut dyn FnMut(T)) + Sync,
    panicked: impl Fn(&LogFile) -> T + Sync,
    take: impl Fn(u64, T) + Sync,
) -> Result<Swept, VerifyError> {
    let (names_in, names) = bounded::<(u64, LogFile)>(WAITING);
    thread::scope(|scope| {
        let lister = thread::Builder::new().spawn_scoped(scope, move || {
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
        let lister = lister.map_err(VerifyError::Thread)?;
        pool.broadcast(|_| {
            let mut hands = Hands::default();
            for (seq, file) in &names {
                if interrupt.load(Ordering::Relaxed) {
                    break;
                }
                let done = catch_unwind(AssertUnwindSafe(|| {
                    work(&file, &mut hands, &mut |found| take(seq, found));
                }));
                if done.is_err() {
                    // The buffers may have been left in any state.
                    hands = Hands::default();
                    take(seq, panicked(&file));
                }
            }
        });
        // After an interrupt names may be left, and the lister waits for room.
        drop(names);
        let (failed, links_not_followed) = lister.join().map_err(|_| VerifyError::Listing)?;
        Ok(Swept { failed, links_not_followed })
    })
}
