//! The colours. They are taken out again where nobody sees them.

use anstyle::{AnsiColor, Style};

/// What matters in a line.
pub(crate) const BOLD: Style = Style::new().bold();
/// What went well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// What did not.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What is only there to be looked up.
pub(crate) const DIM: Style = Style::new().dimmed();
