//! The catalogue over rules of its own.
