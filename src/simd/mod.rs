//! Vector kernels: what each byte of a text is, as bit masks of 64 bytes at a time.
//!
//! `scalar` says byte by byte what every mask means: it is the specification. `generic` computes
//! the same with a `Vector` of 64 bytes, and is compiled once for each instance: for
//! SSSE3, AVX2, AVX-512 and NEON, and for plain integers where there is none of these. Tests compare
//! every instance that the machine can run with the specification, bit for bit.
//!
//! [`selected`] chooses the instance at run time. The environment variable [`VARIABLE`] forces one, so
//! that tests and measurements can run all of them on one machine.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod filter;
mod generic;
mod kernel;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
mod rows;
mod scalar;
#[cfg(target_arch = "x86_64")]
mod ssse3;
mod strings;
mod vector;

#[cfg(test)]
mod tests;

pub use self::{
    filter::{Filter, LONGEST_FINGERPRINT},
    kernel::{Instance, InstanceError, VARIABLE, instances, selected},
    rows::{Row, Rows},
};

/// Bytes of a block: each is one bit in the masks of its block.
pub const BLOCK: usize = 64;

/// Blocks whose masks are computed together.
const BLOCKS: usize = 64;

/// Parts of a row, which have as many blocks each. Brackets are counted in all parts side by side.
const PARTS: usize = 8;

/// Blocks of a part.
const STEPS: usize = BLOCKS / PARTS;

/// Bytes after a block that its masks depend on.
const AFTER: usize = LONGEST_FINGERPRINT - 1;

/// Bytes that the masks of a row depend on.
const ROW_READ: usize = BLOCKS * BLOCK + AFTER;

/// Curly brackets that are open between two records of a log file: that of the document.
pub const BETWEEN: i64 = 1;
