//! The instances, and which of them runs.

#![expect(unsafe_code, reason = "a function is called on a CPU that has its target features")]

use std::sync::OnceLock;

use super::{
    Filter, ROW_READ, portable,
    rows::{Carry, Row},
    scalar,
};

/// The environment variable that forces an instance, by its name.
pub const VARIABLE: &str = "BACKTRAIL_SIMD";

/// The functions of one kind of CPU, which the machine can run.
#[derive(Debug)]
pub struct Instance {
    name: &'static str,
    is_available: fn() -> bool,
    fill: unsafe fn(&mut Row, &[u8; ROW_READ], &Filter, &mut Carry),
    skip_value: unsafe fn(&[u8], usize) -> Option<usize>,
}

/// Why an instance cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstanceError {
    /// The build has none of this name.
    #[error("{VARIABLE} is {given:?}: use one of {}", names().join(", "))]
    Unknown {
        /// What was asked for.
        given: String,
    },
    /// The CPU lacks the instructions for it.
    #[error("{VARIABLE} is {name:?}: this CPU does not have its instructions; unset it")]
    Unavailable {
        /// What was asked for.
        name: &'static str,
    },
}

/// An instance from the module of its name.
macro_rules! instance {
    ($module:ident, $is_available:expr) => {
        Instance {
            name: stringify!($module),
            is_available: $is_available,
            fill: $module::fill,
            skip_value: $module::skip_value,
        }
    };
}

/// All instances of this build, fastest first.
static INSTANCES: &[Instance] = &[
    #[cfg(target_arch = "x86_64")]
    instance!(avx512, avx512::is_available),
    #[cfg(target_arch = "x86_64")]
    instance!(avx2, avx2::is_available),
    #[cfg(target_arch = "x86_64")]
    instance!(ssse3, ssse3::is_available),
    #[cfg(target_arch = "aarch64")]
    instance!(neon, neon::is_available),
    instance!(portable, || true),
    instance!(scalar, || true),
];

#[cfg(target_arch = "aarch64")]
use super::neon;
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512, ssse3};

/// The functions of an instance, compiled with its target features.
macro_rules! entry_points {
    ($vector:ident $(, $features:literal)?) => {
        /// See [`generic::fill`](super::generic::fill).
        $(#[target_feature(enable = $features)])?
        pub(super) unsafe fn fill(
            row: &mut super::rows::Row,
            bytes: &[u8; super::ROW_READ],
            filter: &super::Filter,
            carry: &mut super::rows::Carry,
        ) {
            super::generic::fill::<$vector>(row, bytes, filter, carry);
        }

        /// See [`generic::skip_value`](super::generic::skip_value).
        $(#[target_feature(enable = $features)])?
        pub(super) unsafe fn skip_value(text: &[u8], start: usize) -> Option<usize> {
            super::generic::skip_value::<$vector>(text, start)
        }
    };
}
pub(super) use entry_points;

fn names() -> Vec<&'static str> {
    INSTANCES.iter().map(|instance| instance.name).collect()
}

/// All instances of this build with their names, fastest first; an error for those that this CPU
/// cannot run.
pub fn instances() -> impl Iterator<Item = (&'static str, Result<&'static Instance, InstanceError>)>
{
    INSTANCES.iter().map(|instance| (instance.name, instance.checked()))
}

/// The instance to use: the one that [`VARIABLE`] names when it is first asked for, or else the
/// fastest one.
pub fn selected() -> Result<&'static Instance, InstanceError> {
    static SELECTED: OnceLock<Result<&'static Instance, InstanceError>> = OnceLock::new();
    let forced = || {
        #[expect(clippy::disallowed_methods, reason = "tests of the library are forced too")]
        let variable = std::env::var_os(VARIABLE);
        variable.map(|name| name.to_string_lossy().into_owned()).filter(|name| !name.is_empty())
    };
    SELECTED.get_or_init(|| forced().map_or_else(|| Ok(fastest()), |name| named(&name))).clone()
}

fn fastest() -> &'static Instance {
    let available = INSTANCES.iter().find(|instance| (instance.is_available)());
    available.unwrap_or(&INSTANCES[INSTANCES.len() - 1])
}

fn named(name: &str) -> Result<&'static Instance, InstanceError> {
    let found = INSTANCES.iter().find(|instance| instance.name == name);
    found.ok_or_else(|| InstanceError::Unknown { given: name.to_owned() })?.checked()
}

impl Instance {
    /// Its name, as [`VARIABLE`] has it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    fn checked(&'static self) -> Result<&'static Self, InstanceError> {
        let available = (self.is_available)();
        available.then_some(self).ok_or(InstanceError::Unavailable { name: self.name })
    }

    /// Fills a row with the masks of the blocks at the start of `bytes`.
    #[inline]
    pub(super) fn fill(
        &self,
        row: &mut Row,
        bytes: &[u8; ROW_READ],
        filter: &Filter,
        carry: &mut Carry,
    ) {
        // SAFETY: an instance leaves this module only if the CPU has its target features.
        unsafe { (self.fill)(row, bytes, filter, carry) }
    }

    /// The index after the object or array that starts at `start`, if its strings and brackets are
    /// plainly sound and it ends in `text`; `None` if that takes a closer look.
    #[inline]
    pub fn skip_value(&self, text: &[u8], start: usize) -> Option<usize> {
        // SAFETY: an instance leaves this module only if the CPU has its target features.
        unsafe { (self.skip_value)(text, start) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_selected_by_its_name_if_the_cpu_can_run_it() {
        for (name, instance) in instances() {
            assert_eq!(named(name).map(Instance::name), instance.map(Instance::name));
        }
        let error = named("mmx").expect_err("there is none").to_string();
        assert!(error.contains("\"mmx\"") && error.contains("portable, scalar"), "{error}");
    }
}
