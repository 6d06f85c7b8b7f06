//! robots.txt: any file, any path.
#![no_main]

use gongkai::crawl::robots::Rules;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let at = data.iter().position(|byte| *byte == 0).unwrap_or(0);
    let (path, file) = data.split_at(at);
    Rules::read(file, "gongkai").decide(&String::from_utf8_lossy(path));
});
