//! Errors of the operating system in words.

use std::{borrow::Cow, io};

/// What went wrong, without the number that the operating system has for it.
pub fn io_reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => without_os_code(&error.to_string()).into_owned(),
    }
}

/// A message without ` (os error N)`, which the standard library puts behind the words.
pub fn without_os_code(message: &str) -> Cow<'_, str> {
    const BEFORE: &str = " (os error ";
    let mut shown = Cow::Borrowed(message);
    let mut from = 0;
    while let Some(at) = shown[from..].find(BEFORE).map(|at| from + at) {
        let number = &shown[at + BEFORE.len()..];
        let digits = number.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 && number[digits..].starts_with(')') {
            shown.to_mut().replace_range(at..=at + BEFORE.len() + digits, "");
            from = at;
        } else {
            from = at + BEFORE.len();
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_operating_system_are_dropped() {
        for (message, shown) in [
            ("Permission denied (os error 13)", "Permission denied"),
            ("a (os error 2): b (os error 5)", "a: b"),
            ("a (os error x) (os error 1", "a (os error x) (os error 1"),
            ("plain", "plain"),
        ] {
            assert_eq!(without_os_code(message), shown);
        }
        assert_eq!(io_reason(&io::Error::from_raw_os_error(2)), "no such file or folder");
        assert_eq!(io_reason(&io::Error::other("told so")), "told so");
    }
}
