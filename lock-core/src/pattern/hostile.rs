//! Pairs at the limits, made to be slow: shared by a test that counts work and the bench.

/// A pair, and whether the two meet.
pub(crate) struct Hostile {
    pub(crate) name: &'static str,
    pub(crate) p: String,
    pub(crate) q: String,
    pub(crate) meet: bool,
}

/// Each kind of pattern that one of the ways to decide is bad at.
pub(crate) fn pairs() -> Vec<Hostile> {
    let long = "?".repeat(3900);
    let stars = |end: &str| "*?".repeat(64) + &long + end;
    let braces = |end: &str| "{a,?}".repeat(8) + &long + end;
    let star_braces = |end: &str| "{*a,?b,?}".repeat(5) + &"?".repeat(3000) + end;
    let alternatives = |c: char| {
        let some: Vec<String> = (0..60).map(|n| format!("*{c}{n}")).collect();
        format!("{{{}}}{}[{c}]", some.join(","), "?".repeat(3000))
    };
    // As many different characters and classes as fit.
    let letters = |from: u32, to: u32| (from..to).filter_map(char::from_u32);
    let classes =
        |c: char| letters(0x400, 0x400 + 750).map(|d| format!("[{c}{d}]")).collect::<String>();
    let words: String = letters(0x4e00, 0x4e00 + 1300).collect();
    let depths = |start: &str, end: &str| start.repeat(20) + &"?/".repeat(1900) + end;
    let spread = |fill: &str, end: &str| (fill.repeat(60) + "*").repeat(63) + end;
    // Letters that compose, and marks of many classes.
    let composing: String = letters(0x41, 0x250).filter(|c| c.is_alphabetic()).collect();
    let marks: String = letters(0x5b0, 0x5b9)
        .chain(letters(0x316, 0x31c))
        .chain(letters(0x300, 0x308))
        .map(|mark| format!("[{mark}x]"))
        .collect();
    let pair = |name, p, q, meet| Hostile { name, p, q, meet };
    vec![
        pair("stars", stars("[ab]"), stars("[cd]"), false),
        pair("stars_that_meet", stars("[ab]"), stars("[bc]"), true),
        pair(
            "stars_of_one_letter",
            "*a".repeat(63) + "*[bc]",
            "a*".repeat(60) + &"a".repeat(3000) + "*[de]",
            false,
        ),
        pair("spread_stars", spread("?", "[ab]"), spread("?", "[cd]"), false),
        pair("spread_stars_and_a_mark", spread("?", "e?"), spread("?", "?[\u{301}]"), false),
        pair("spread_letters_and_a_mark", spread("?", "e?"), spread("e", "?[\u{301}]"), false),
        pair(
            "letters_and_many_marks",
            (marks.clone() + &"?".repeat(30) + "*").repeat(14) + "e?",
            ("*?".repeat(10) + &composing + &"?".repeat(10)).repeat(3) + "?[\u{301}]",
            false,
        ),
        pair("deep", "**/a/".repeat(32) + "[b]/c?", "**/?/".repeat(32) + "[d]/?c", false),
        pair("deep_and_long", depths("**/*a/", "[ab]?"), depths("**/a*/", "[cd]?"), false),
        pair("braces", braces("[ab]"), braces("[cd]"), false),
        pair("braces_of_stars", star_braces("*[ab]"), star_braces("*[cd]"), false),
        pair("alternatives", alternatives('a'), alternatives('b'), false),
        pair(
            "classes",
            "*".to_owned() + &classes('x') + "[a]",
            "*".to_owned() + &classes('y') + "*[b]",
            false,
        ),
        pair("words", "*?".repeat(40) + &words + "[a]", "*".to_owned() + &words + "*[b]", false),
        pair(
            "words_and_classes",
            "*?".repeat(40) + &words + "[a]",
            "*".to_owned() + &classes('y') + "*[b]",
            false,
        ),
        pair(
            "dots",
            "*?".repeat(64) + &"?".repeat(3800) + "/?",
            "*?".repeat(64) + &"?".repeat(3800) + "/[.]",
            false,
        ),
        pair("a_path", "*a".repeat(60) + "*[!a]", "a".repeat(4090), false),
        pair(
            "a_mark",
            "*?".repeat(63) + &"?".repeat(3800) + "e?",
            "*?".repeat(63) + &"?".repeat(3800) + "?[\u{301}]",
            false,
        ),
        pair(
            "letters_and_a_mark",
            "*e".repeat(60) + &"?".repeat(3000) + "e?",
            "*?".repeat(60) + &"e".repeat(3000) + "?[\u{301}]",
            false,
        ),
        pair(
            "vowels_and_marks",
            "*?".repeat(60) + &"[aeiou]".repeat(400) + "e?",
            "*?".repeat(60) + &"[eiouy]".repeat(400) + "?[\u{301}]",
            false,
        ),
    ]
}
