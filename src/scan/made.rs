//! Made-up JSON for tests: values of every kind, and the same damaged.

/// Numbers below what is asked, the same for the same seed.
pub(super) fn random(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |below| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or(0) % below
    }
}

/// A string of what strings may hold and structure is made of.
fn string(random: &mut impl FnMut(usize) -> usize, out: &mut String) {
    out.push('"');
    for _ in 0..random(12) {
        out.push_str(
            ["a", "\\\"", "\\\\", "{", "}", "[", "]", ",", ":", " ", "é", "\\u0041"][random(12)],
        );
    }
    out.push('"');
}

/// Appends a value.
pub(super) fn value(random: &mut impl FnMut(usize) -> usize, depth: usize, out: &mut String) {
    match if depth > 5 { 2 } else { random(4) } {
        0 => {
            out.push('{');
            for member in 0..random(4) {
                out.push_str(if member > 0 { "," } else { "" });
                string(random, out);
                out.push_str([":", " : "][random(8) / 7]);
                value(random, depth + 1, out);
            }
            out.push('}');
        }
        1 => {
            out.push('[');
            for element in 0..random(4) {
                out.push_str(if element > 0 { "," } else { "" });
                value(random, depth + 1, out);
            }
            out.push(']');
        }
        2 => string(random, out),
        _ => out.push_str(["1", "-2.5e3", "true", "null"][random(4)]),
    }
}

/// Changes, drops or adds up to two bytes.
pub(super) fn damage(random: &mut impl FnMut(usize) -> usize, bytes: &mut Vec<u8>) {
    for _ in 0..random(3) {
        let at = random(bytes.len());
        match random(3) {
            0 => bytes[at] = b"\"\\{}[],: \n"[random(10)],
            1 => drop(bytes.remove(at)),
            _ => bytes.insert(at, b"\"\\{}[],: \t"[random(10)]),
        }
    }
}
