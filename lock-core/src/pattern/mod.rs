//! What is locked: one path, or one glob.
