//! What a token can know of what stands before it in its segment.

/// What of the current segment stands before a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Before {
    /// Nothing, and no segment before it.
    Nothing,
    /// Nothing, and only `./` before it.
    Here,
    /// Nothing; the slash before it is not emitted yet.
    Slash,
    /// Nothing; `**/` is emitted.
    Deep,
    /// A `.` that is not emitted yet, after each of the four above.
    Dot,
    HereDot,
    SlashDot,
    DeepDot,
    /// A `..` that is not emitted yet, after each of the first four.
    Dots,
    HereDots,
    SlashDots,
    DeepDots,
    /// A `*` that is not emitted yet, and nothing else.
    Star,
    /// A `**` that is not emitted yet, and nothing else.
    Stars,
    /// Something that ends in `*`.
    WithinStar,
    /// Something else.
    Within,
}

impl Before {
    pub(super) const ALL: [Self; 16] = [
        Self::Nothing,
        Self::Here,
        Self::Slash,
        Self::Deep,
        Self::Dot,
        Self::HereDot,
        Self::SlashDot,
        Self::DeepDot,
        Self::Dots,
        Self::HereDots,
        Self::SlashDots,
        Self::DeepDots,
        Self::Star,
        Self::Stars,
        Self::WithinStar,
        Self::Within,
    ];

    /// What stood before the dots, and how many dots there are.
    pub(super) fn dots(self) -> (Self, usize) {
        match self {
            Self::Dot => (Self::Nothing, 1),
            Self::HereDot => (Self::Here, 1),
            Self::SlashDot => (Self::Slash, 1),
            Self::DeepDot => (Self::Deep, 1),
            Self::Dots => (Self::Nothing, 2),
            Self::HereDots => (Self::Here, 2),
            Self::SlashDots => (Self::Slash, 2),
            Self::DeepDots => (Self::Deep, 2),
            other => (other, 0),
        }
    }

    /// This and one more dot; `None` if the dots are no longer in doubt.
    pub(super) fn and_dot(self) -> Option<Self> {
        Some(match self {
            Self::Nothing => Self::Dot,
            Self::Here => Self::HereDot,
            Self::Slash => Self::SlashDot,
            Self::Deep => Self::DeepDot,
            Self::Dot => Self::Dots,
            Self::HereDot => Self::HereDots,
            Self::SlashDot => Self::SlashDots,
            Self::DeepDot => Self::DeepDots,
            _ => return None,
        })
    }
}
