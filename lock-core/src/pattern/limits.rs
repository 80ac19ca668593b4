//! The limits that keep one pattern cheap, whoever wrote it.

/// The longest pattern, in bytes of its NFC form and of its normal text.
pub const MAX_BYTES: usize = 4096;

/// The most `*` in one pattern: unescaped ones outside classes; `**` counts twice.
pub const MAX_STARS: usize = 64;

/// The most texts that the braces of one pattern may stand for.
pub const MAX_EXPANSIONS: usize = 256;
