#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lock_redis::fuzzed::record(data));
