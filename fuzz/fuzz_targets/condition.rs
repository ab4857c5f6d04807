//! See the module of that name in the library.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| backtrail_fuzz::condition::check(data));
