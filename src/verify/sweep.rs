//! Going through files in parallel: listed once, each inflated and hashed by one worker.
//!
//! What workers find comes with the place of its file in the listing. Names wait in a bounded channel and nothing is collected here, so a long listing
//! costs no memory.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use crossbeam_channel::bounded;
use rayon::ThreadPool;

use super::{VerifyError, Watch};
use crate::{
    archive::{self, Listed, Listing, ObjectRef},
    cloudtrail::FileName,
};

/// Names that wait for a worker.
const WAITING: usize = 1024;

/// One worker's buffers.
#[derive(Default)]
pub(super) struct Buffers {
    pub(super) walk: archive::Buffers,
    /// A piece of a text that is larger than the cap.
    pub(super) piece: Vec<u8>,
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
pub(super) fn sweep<T>(
    mut listing: Listing,
    pool: &ThreadPool,
    interrupt: &AtomicBool,
    watch: &dyn Watch,
    wanted: impl Fn(&ObjectRef) -> bool + Send,
    work: impl Fn(&ObjectRef, &mut Buffers, &mut dyn FnMut(T)) + Sync,
    take: impl Fn(u64, T) + Sync,
) -> Result<Swept, VerifyError> {
    let (names_in, names) = bounded::<(u64, ObjectRef)>(WAITING);
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
            let mut buffers = Buffers::default();
            for (seq, file) in &names {
                if interrupt.load(Ordering::Relaxed) {
                    break;
                }
                work(&file, &mut buffers, &mut |found| take(seq, found));
            }
        });
        // After an interrupt names may be left, and the lister waits for room.
        drop(names);
        let (failed, links_not_followed) = lister.join().map_err(|_| VerifyError::Listing)?;
        Ok(Swept { failed, links_not_followed })
    })
}
