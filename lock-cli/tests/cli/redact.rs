//! What differs from run to run, taken out of an answer.

use std::path::Path;

/// `text` with times, spans, tokens and paths as `[TIME]`, `[SPAN]`, `[SECONDS]`, `[TOKEN]`,
/// `[SPACE]`, `[ROOT]`, and `[DIR]` for the directory that the root is in.
pub(crate) fn redact(text: &str, root: &Path) -> String {
    let text = text.replace(&*root.to_string_lossy(), "[ROOT]");
    let around = root.parent().map(Path::to_string_lossy).filter(|around| around.len() > 1);
    let text = around.map_or(text.clone(), |around| text.replace(&*around, "[DIR]"));
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let (shown, taken) = time(rest)
            .map(|taken| ("[TIME]", taken))
            .or_else(|| span(rest))
            .or_else(|| rank(rest))
            .or_else(|| token(rest).map(|taken| ("[TOKEN]", taken)))
            .or_else(|| space(rest).map(|taken| ("[SPACE]", taken)))
            .unwrap_or((&rest[..c.len_utf8()], c.len_utf8()));
        out.push_str(shown);
        rest = &rest[taken..];
    }
    narrow(&out)
}

/// Columns two spaces apart: how wide they are depends on the widest time among what was taken out.
fn narrow(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let mut spaces = 0;
        for (at, c) in line.char_indices() {
            spaces = if c == ' ' { spaces + 1 } else { 0 };
            if at < indent || spaces <= 2 {
                out.push(c);
            }
        }
    }
    out
}

/// The length of an RFC 3339 time at the start of `text`.
fn time(text: &str) -> Option<usize> {
    let form = "dddd-dd-ddTdd:dd:dd";
    let fits = text.len() > form.len()
        && text.bytes().zip(form.bytes()).all(|(byte, form)| match form {
            b'd' => byte.is_ascii_digit(),
            form => byte == form,
        });
    let rest = text.get(form.len()..).filter(|_| fits)?;
    let end = rest.find('Z')?;
    let fraction = rest[..end].trim_start_matches('.').bytes().all(|byte| byte.is_ascii_digit());
    fraction.then_some(form.len() + end + 1)
}

/// `(in 4m59s)`, `(12ms ago)`.
fn span(text: &str) -> Option<(&'static str, usize)> {
    let end = text.find(')').filter(|_| text.starts_with('('))?;
    let inner = &text[1..end];
    let (span, shown) = match (inner.strip_prefix("in "), inner.strip_suffix(" ago")) {
        (Some(span), _) => (span, "(in [SPAN])"),
        (_, Some(span)) => (span, "([SPAN] ago)"),
        _ => return None,
    };
    let plain = span.starts_with(|c: char| c.is_ascii_digit())
        && span.chars().all(|c| c.is_ascii_digit() || "smhd".contains(c));
    plain.then_some((shown, end + 1))
}

/// `p50 12ms`, `"p50":0.012`.
fn rank(text: &str) -> Option<(&'static str, usize)> {
    let ranks = [
        ("p50 ", "p50 [SPAN]"),
        ("p99 ", "p99 [SPAN]"),
        ("max ", "max [SPAN]"),
        ("\"p50\":", "\"p50\":[SECONDS]"),
        ("\"p99\":", "\"p99\":[SECONDS]"),
        ("\"max\":", "\"max\":[SECONDS]"),
    ];
    let (name, shown) = ranks.into_iter().find(|(name, _)| text.starts_with(name))?;
    let rest = &text[name.len()..];
    let end = rest.find([',', '}', '\n']).unwrap_or(rest.len());
    rest.starts_with(|c: char| c.is_ascii_digit()).then_some((shown, name.len() + end))
}

/// A token is at least the microseconds since the epoch: sixteen digits.
fn token(text: &str) -> Option<usize> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (end == 16).then_some(end)
}

/// `5120 MiB`.
fn space(text: &str) -> Option<usize> {
    let end = text.find(|c: char| !c.is_ascii_digit()).filter(|end| *end > 0)?;
    text.get(end..)?.starts_with(" MiB").then_some(end + " MiB".len())
}

#[test]
fn only_what_differs_is_taken_out() {
    let root = Path::new("/tmp/x");
    let text = "a (exclusive) until 2026-01-31T12:00:00.123456Z (in 4m59s), 1764000000000000 /tmp/x/b /tmp/y";
    assert_eq!(
        redact(text, root),
        "a (exclusive) until [TIME] (in [SPAN]), [TOKEN] [ROOT]/b [DIR]/y"
    );
    assert_eq!(redact("    a    (12ms ago)   b\n", root), "    a  ([SPAN] ago)  b\n");
}
