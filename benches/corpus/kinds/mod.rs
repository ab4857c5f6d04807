//! The tables of events, by what the services are for.
//!
//! Weights follow what trails of ordinary accounts hold: keys, roles and objects all day long, agents
//! that report in, `Describe*` by everyone, and few changes. A test counts the pairs of source and name.

mod compute;
mod identity;
mod operations;
mod storage;

use super::kind::Kind;

/// All kinds, table after table.
pub(crate) fn all() -> impl Iterator<Item = &'static Kind> {
    [identity::KINDS, storage::KINDS, compute::KINDS, operations::KINDS].into_iter().flatten()
}
