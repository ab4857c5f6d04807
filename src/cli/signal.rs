//! Interrupts: the first one ends a run in good order, the second one at once.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use anyhow::{Context, Result};

use super::{exit::Status, render::Voice};

/// A flag that the first signal sets. A second signal ends the program.
pub(super) fn interrupt(voice: Voice) -> Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&flag);
    ctrlc::set_handler(move || {
        if set.swap(true, Ordering::Relaxed) {
            #[expect(clippy::exit, reason = "a file in progress may never end")]
            std::process::exit(Status::Interrupted.code().into());
        }
        voice.note("interrupted: finishing files in progress; press Ctrl-C again to abort");
    })
    .context("cannot handle signals")?;
    Ok(flag)
}
