//! The members of an object, as far as they tell what it is.

use std::{
    borrow::Cow,
    ops::{ControlFlow, Range},
};

use crate::{
    cloudtrail::envelope::{Shape, is_foreign as is_foreign_source},
    scan::walk::{Walk, Walked},
};

/// The shape of the object that `text` is from its first byte to its last; nothing if it is broken,
/// or more than one object.
pub(in crate::scan) fn shape_of(text: &[u8]) -> Option<Shape> {
    let mut shape = Shape::default();
    let whole = each_member(text, |key, value| {
        shape.note(&unquoted(key), &text[value.clone()], value);
    });
    whole.map(|()| shape)
}

/// Whether an object is a trace of a record itself: it has a version, a name and a source that is not
/// foreign. What comes after these in the object is not looked at.
pub(in crate::scan) fn is_whole_record(text: &[u8]) -> bool {
    let (mut met, mut is_foreign) = ([false; 3], false);
    let _ = until_member(text, |key, value| {
        let key = unquoted(key);
        match &*key {
            "eventVersion" => met[0] = true,
            "eventSource" => met[1] = true,
            "eventName" => met[2] = true,
            _ => {}
        }
        is_foreign |= is_foreign_source(&key, &text[value]);
        if is_foreign || met == [true; 3] {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    !is_foreign && met == [true; 3]
}

/// Gives each key with its quotes, and the place of its value, of the object that `text` is from its first
/// byte to its last; nothing if it is broken, or more than one object.
pub(super) fn each_member(text: &[u8], mut member: impl FnMut(&[u8], Range<usize>)) -> Option<()> {
    until_member(text, |key, value| {
        member(key, value);
        ControlFlow::Continue(())
    })
}

/// The same until `member` has enough.
fn until_member(
    text: &[u8],
    mut member: impl FnMut(&[u8], Range<usize>) -> ControlFlow<()>,
) -> Option<()> {
    let mut walk = Walk::default();
    let mut value_end = |at: usize| {
        walk.reset();
        match walk.run(text, at, true) {
            Walked::End(end) => Some(end),
            Walked::More(_) | Walked::Broken(_) => None,
        }
    };
    if text.first() != Some(&b'{') {
        return None;
    }
    let mut at = blanks(text, 1);
    if text.get(at) == Some(&b'}') {
        return (at + 1 == text.len()).then_some(());
    }
    loop {
        if text.get(at) != Some(&b'"') {
            return None;
        }
        let end = value_end(at)?;
        let key = &text[at..end];
        at = blanks(text, end);
        if text.get(at) != Some(&b':') {
            return None;
        }
        at = blanks(text, at + 1);
        let start = at;
        at = value_end(start)?;
        if start == at {
            return None;
        }
        if member(key, start..at).is_break() {
            return None;
        }
        at = blanks(text, at);
        match text.get(at) {
            Some(b',') => at = blanks(text, at + 1),
            Some(b'}') => return (at + 1 == text.len()).then_some(()),
            _ => return None,
        }
    }
}

fn blanks(text: &[u8], mut at: usize) -> usize {
    while matches!(text.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// A key without its quotes. Only keys with escapes are copied.
fn unquoted(key: &[u8]) -> Cow<'_, str> {
    let inner = &key[1..key.len() - 1];
    if memchr::memchr(b'\\', inner).is_none() {
        return String::from_utf8_lossy(inner);
    }
    let mut text = Vec::with_capacity(inner.len());
    super::unescape(key, &mut text);
    Cow::Owned(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudtrail::envelope::Look;

    #[test]
    fn the_place_of_what_is_wrapped_is_told_exactly() {
        let text = r#"{ "id" : 1 , "\u005fraw" : "a\"b" , "x":[{}] }"#;
        let Some(Look::Text(range)) = shape_of(text.as_bytes()).map(|shape| shape.look()) else {
            panic!("no text")
        };
        assert_eq!(&text[range], r#""a\"b""#);
    }

    #[test]
    fn what_is_not_one_whole_object_has_no_shape() {
        assert!(shape_of(b"{}").is_some() && shape_of(b"{\"a\":1}").is_some());
        for text in [
            "",
            "{",
            "{}{}",
            "[]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{\"a\":\"",
            "{a:1}",
            "{} ",
        ] {
            assert!(shape_of(text.as_bytes()).is_none(), "{text}");
        }
    }
}
