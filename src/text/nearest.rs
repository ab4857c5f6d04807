//! Near names, for messages about a name that is not known.

/// Names longer than this are not compared: the comparison costs their product.
const MAX_NAME: usize = 100;

/// At most this many names are compared with.
const MAX_NAMES: usize = 2000;

/// The name most like `wanted`, if one is like it at all. Case counts for nothing.
pub(crate) fn nearest<'n>(
    wanted: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    if wanted.is_empty() || wanted.len() > MAX_NAME {
        return None;
    }
    let wanted = wanted.to_lowercase();
    let mut best = (0.8, None);
    for name in names.into_iter().take(MAX_NAMES).filter(|name| name.len() <= MAX_NAME) {
        let likeness = strsim::jaro_winkler(&wanted, &name.to_lowercase());
        if likeness > best.0 {
            best = (likeness, Some(name));
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_that_is_like_it_is_near() {
        let names = ["contains", "startswith", "endswith"];
        assert_eq!(nearest("startwith", names), Some("startswith"));
        assert_eq!(nearest("Contain", names), Some("contains"));
        assert_eq!(nearest("zzz", names), None);
        assert_eq!(nearest("", names), None);
    }
}
