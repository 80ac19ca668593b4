//! Which machine this is.

use std::{fs, hash::Hasher};

/// The machine's id, hashed: the original is not to be shown on a network (`machine-id(5)`).
///
/// None when there is none, or it is not this machine's own: containers often have an empty
/// file, and an image that was never booted says `uninitialized`.
pub(super) fn id(etc: &str) -> Option<String> {
    let text = fs::read_to_string(format!("{etc}/machine-id")).ok()?;
    let id = text.trim();
    let is_id = id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
    (is_id && id.bytes().any(|b| b != b'0')).then(|| hashed(id))
}

/// Stored in records: it must come out the same in every version, so it is not `DefaultHasher`,
/// which promises nothing.
#[allow(deprecated, reason = "deprecated in favour of hashers that may change")]
fn hashed(id: &str) -> String {
    let half = |key| {
        let mut hasher =
            std::hash::SipHasher::new_with_keys(u64::from_be_bytes(*b"lockctl\0"), key);
        hasher.write(id.to_ascii_lowercase().as_bytes());
        hasher.finish()
    };
    format!("{:016x}{:016x}", half(0), half(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        let etc = tempfile::tempdir().unwrap();
        fs::write(etc.path().join("machine-id"), text).unwrap();
        id(etc.path().to_str().unwrap())
    }

    #[test]
    fn it_is_the_same_in_every_version() {
        let id = read("0123456789abcdef0123456789abcdef\n");
        assert_eq!(id.as_deref(), Some("0d12a69213d4c646b96f72e00e890a07"));
    }

    #[test]
    fn what_names_no_machine_is_no_id() {
        let zeros = "0".repeat(32);
        for text in ["", "\n", "uninitialized\n", "0123", &zeros, "01234567-89ab-cdef-0123-45678"] {
            assert_eq!(read(text), None, "{text:?}");
        }
        assert_eq!(id("/nonexistent"), None);
    }
}
