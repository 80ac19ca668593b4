//! The texts of `/proc/PID`.

/// What `/proc/PID/stat` says, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    state: char,
    threads: u64,
    /// Clock ticks since boot.
    pub(super) start: u64,
}

impl Stat {
    /// The second field is the program's name in parentheses, and may itself contain spaces,
    /// parentheses and line ends: only the last `)` is sure to be its end.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.rsplit_once(')')?;
        // The first field here is the third of the file.
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let number = |at: usize| fields.get(at)?.parse().ok();
        let state = fields.first()?.chars().next()?;
        Some(Self { state, threads: number(17)?, start: number(19)? })
    }

    /// Whether all of it has ended and only its parent has not noticed. The first thread of a
    /// process looks the same (`Z`) when it alone has ended; the others still count then.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state, 'Z' | 'X' | 'x') && self.threads <= 1
    }
}

/// The value of a field of `/proc/PID/status`.
pub(super) fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str, state: char, threads: u64) -> String {
        format!(
            "7 ({name}) {state} 1 7 7 0 -1 4194304 98 0 0 0 0 0 0 0 20 0 {threads} 0 117195 313 3"
        )
    }

    #[test]
    fn no_program_name_confuses_it() {
        for name in ["sh", "a b", "a) Z 1 (b", ") R 1 1", "\n) Z", "", "ü", "))))"] {
            let stat = Stat::parse(&text(name, 'S', 1)).unwrap();
            assert_eq!(stat, Stat { state: 'S', threads: 1, start: 117_195 }, "{name}");
        }
    }

    #[test]
    fn a_cut_text_is_no_text() {
        let whole = text("sh", 'Z', 1);
        let end = whole.find("117195").unwrap();
        for length in 0..end {
            assert_eq!(Stat::parse(&whole[..length]), None);
        }
    }

    #[test]
    fn ended_is_a_zombie_without_living_threads() {
        let ended = |state, threads| Stat::parse(&text("a", state, threads)).unwrap().has_ended();
        assert!(ended('Z', 1) && ended('X', 1));
        assert!(!ended('Z', 2) && !ended('S', 1) && !ended('T', 1) && !ended('D', 1));
    }

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let status = "Name:\tNSpid: 3\nTgid:\t7\nNSpid:\t7\t2\n";
        assert_eq!(field(status, "NSpid"), Some("7\t2"));
        assert_eq!(field(status, "Tgid"), Some("7"));
        assert_eq!(field(status, "NS"), None);
    }
}
