#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lock_fs::fuzzed::record(data));
