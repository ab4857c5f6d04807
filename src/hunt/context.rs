//! What all workers of a hunt share.

use globset::GlobSet;

use super::{options::Options, plan::Pruner, progress::Progress};
use crate::{
    archive::Store,
    scan::{Observer, Scanner},
    sink::Format,
};

/// What is done with each text.
#[derive(Clone, Copy)]
pub(super) enum Work<'h> {
    /// It is searched.
    Hunt,
    /// Nothing: it is only decompressed.
    Baseline,
    /// It is searched, and what each rule costs is counted.
    Profile,
    /// Each of its records is parsed and shown to this observer.
    Survey(&'h Observer<'h>),
}

impl Work<'_> {
    pub(super) fn is_baseline(self) -> bool {
        matches!(self, Self::Baseline)
    }

    pub(super) fn is_profile(self) -> bool {
        matches!(self, Self::Profile)
    }
}

/// What all workers share.
pub(super) struct WorkerContext<'h> {
    pub(super) options: &'h Options,
    pub(super) pruner: &'h Pruner<'h>,
    /// Files inside containers that are left out, by their names.
    pub(super) exclude: &'h GlobSet,
    pub(super) store: &'h dyn Store,
    pub(super) scanner: &'h Scanner<'h>,
    pub(super) format: &'h dyn Format,
    pub(super) progress: &'h dyn Progress,
    pub(super) work: Work<'h>,
}
