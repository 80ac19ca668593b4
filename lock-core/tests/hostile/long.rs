//! Input that is long, or deep, or both.

/// Kind, input, answer.
pub(crate) fn rows() -> Vec<(&'static str, String, &'static str)> {
    vec![
        ("pattern", "a".repeat(4_097), "no: the pattern has 4097 bytes, the limit is 4096"),
        ("pattern", "a/".repeat(2_048), "ok: as it is"),
        ("pattern", "*a".repeat(65), "no: the pattern has 65 `*`, the limit is 64"),
        (
            "pattern",
            "{a,b}".repeat(9),
            "no: the braces of the pattern stand for more than 256 alternatives",
        ),
        (
            "pattern",
            "{".repeat(2_000),
            "no: the `{` at character 2000 is never closed; a literal one is written `\\{`",
        ),
        (
            "pattern",
            "[".repeat(4_000),
            "no: the `[` at character 1 is never closed; a literal one is written `\\[`",
        ),
        ("pattern", "(".repeat(1_000_000), "no: the pattern has 1000000 bytes, the limit is 4096"),
        (
            "pattern",
            "{a,".repeat(1_000) + &"}".repeat(1_000),
            "no: the braces of the pattern stand for more than 256 alternatives",
        ),
        (
            "pattern",
            "{".repeat(40) + &",}".repeat(40),
            "no: one alternative of the pattern is empty",
        ),
        ("pattern", "e\u{301}".repeat(1_300), "ok: 2600 bytes"),
        ("pattern", "\u{301}".repeat(2_000), "ok: as it is"),
        (
            "pattern",
            "\u{1d160}".repeat(1_000),
            "no: the pattern has 12000 bytes, the limit is 4096",
        ),
        (
            "pattern",
            "../".repeat(1_300),
            "no: a `..` segment ends before character 3; patterns hold no `..`",
        ),
        (
            "pattern",
            "a\\".repeat(2_000),
            "no: the pattern ends with a `\\` that escapes nothing; a literal one is written `\\\\`",
        ),
        ("literal", "a".repeat(4_097), "no: the pattern has 4097 bytes, the limit is 4096"),
        ("literal", "*".repeat(4_000), "no: the pattern has 8000 bytes, the limit is 4096"),
        ("agent", "x".repeat(129), "no: an agent id has at most 128 bytes"),
        ("agent", "\u{fdfa}".repeat(43), "no: an agent id has at most 128 bytes"),
        ("holder", "a".repeat(257), "no: no holder"),
        (
            "lease",
            "9".repeat(100_000),
            "no: not a duration: write it like 500ms, 90s, 5m or 1h30m; a bare number is seconds",
        ),
        ("lease", "1s".repeat(100_000), "ok: 1d3h46m40s"),
        ("duration", "0.".to_owned() + &"0".repeat(1_000_000), "ok: 0ns"),
        ("token", "9".repeat(1_000_000), "no: number too large to fit in target type"),
        ("record name", "0".repeat(1_000_000), "no: not a record's name"),
        ("time", "2".repeat(1_000_000), "no: not a time: write it like 2026-01-31T12:00:00Z"),
        ("url", "fs:".to_owned() + &"?a=b&".repeat(10_000), "ok: 50002 bytes"),
        ("reason", "x".repeat(1_025), "no: a reason has at most 1024 bytes, not 1025"),
        ("reason", "\u{1f4a9}".repeat(257), "no: a reason has at most 1024 bytes, not 1028"),
        (
            "record",
            "[".repeat(100_000),
            "no: invalid type: sequence, expected struct Lock at line 1 column 0",
        ),
        ("record", "{\"a\":".repeat(100_000), "no: recursion limit exceeded at line 1 column 636"),
        ("record", "9".repeat(100_000), "no: number out of range at line 1 column 100000"),
    ]
}
