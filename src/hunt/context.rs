//! What all workers of a hunt share.

use globset::GlobSet;

use super::{options::Options, plan::Pruner, progress::Progress};
use crate::{archive::Store, scan::Scanner, sink::Format};

/// What is done with the text of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// It is searched.
    Hunt,
    /// Nothing: it is only inflated.
    Baseline,
    /// It is searched, and what each rule costs is counted.
    Profile,
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
    pub(super) work: Work,
}
