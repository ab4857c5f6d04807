//! Whole gzip members, and whole deflate streams without a header, by libdeflate.
//!
//! One of the three places with `unsafe`. libdeflate is the fastest inflater
//! there is for what fits its buffer, and tells nothing about what does not decode: why, and what
//! text there was, is found out by `gzip::Members` and `member::Unpacking`.

#![expect(unsafe_code, reason = "libdeflate is C, and its safe wrapper hides the bytes consumed")]

use std::{ffi::c_void, ptr::NonNull};

use libdeflate_sys::{
    libdeflate_alloc_decompressor, libdeflate_decompressor, libdeflate_deflate_decompress_ex,
    libdeflate_free_decompressor, libdeflate_gzip_decompress_ex, libdeflate_result,
    libdeflate_result_LIBDEFLATE_INSUFFICIENT_SPACE, libdeflate_result_LIBDEFLATE_SUCCESS,
};

/// One of libdeflate's functions, which differ in the form they take only: state, what is packed, its
/// length, where the text goes, the room there, and where the bytes taken and made are told.
type Decompress = unsafe extern "C" fn(
    *mut libdeflate_decompressor,
    *const c_void,
    usize,
    *mut c_void,
    usize,
    *mut usize,
    *mut usize,
) -> libdeflate_result;

/// What became of one member.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Member {
    /// It is whole and its checksum and length are right.
    Whole {
        /// Bytes it took.
        taken: usize,
        /// Bytes it gave.
        made: usize,
    },
    /// Its text does not fit.
    NoSpace,
    /// It is not a whole, sound member.
    Bad,
}

/// libdeflate's state, reused from file to file.
#[derive(Debug)]
pub(super) struct Libdeflate {
    state: NonNull<libdeflate_decompressor>,
}

// SAFETY: The state is a plain block of memory of libdeflate's, reached through this owner alone
// and bound to no thread.
unsafe impl Send for Libdeflate {}

impl Libdeflate {
    /// `None` without memory for the state.
    pub(super) fn new() -> Option<Self> {
        // SAFETY: The function has no precondition, and null is told apart here.
        let state = NonNull::new(unsafe { libdeflate_alloc_decompressor() })?;
        Some(Self { state })
    }

    /// Inflates the member that `packed` begins with into the start of `out`.
    pub(super) fn member(&mut self, packed: &[u8], out: &mut [u8]) -> Member {
        self.inflate(libdeflate_gzip_decompress_ex, packed, out)
    }

    /// Inflates the deflate stream that `packed` begins with into the start of `out`.
    pub(super) fn raw(&mut self, packed: &[u8], out: &mut [u8]) -> Member {
        self.inflate(libdeflate_deflate_decompress_ex, packed, out)
    }

    fn inflate(&mut self, decompress: Decompress, packed: &[u8], out: &mut [u8]) -> Member {
        let (mut taken, mut made) = (0, 0);
        // SAFETY: The function is one of two of libdeflate's. The state is live and ours alone (`&mut self`); both buffers are live slices
        // passed with their lengths, the one only read and the other initialised and only written;
        // both results point to locals. libdeflate reads and writes within these bounds for any
        // input, and keeps none of the pointers.
        let result = unsafe {
            decompress(
                self.state.as_ptr(),
                packed.as_ptr().cast(),
                packed.len(),
                out.as_mut_ptr().cast(),
                out.len(),
                &raw mut taken,
                &raw mut made,
            )
        };
        match result {
            // A member takes bytes and stays within the buffers; the loop over members relies on it.
            #[expect(non_upper_case_globals, reason = "named by the C header")]
            libdeflate_result_LIBDEFLATE_SUCCESS
                if (1..=packed.len()).contains(&taken) && made <= out.len() =>
            {
                Member::Whole { taken, made }
            }
            #[expect(non_upper_case_globals, reason = "named by the C header")]
            libdeflate_result_LIBDEFLATE_INSUFFICIENT_SPACE => Member::NoSpace,
            _ => Member::Bad,
        }
    }
}

impl Drop for Libdeflate {
    fn drop(&mut self) {
        // SAFETY: The state came from `libdeflate_alloc_decompressor` and is freed once, here.
        unsafe { libdeflate_free_decompressor(self.state.as_ptr()) }
    }
}
