//! What was wrong with a text, in words, and never too many of them.

/// What was wrong, the first few in words.
#[derive(Debug, Clone, Default)]
pub(in crate::scan) struct Damage {
    told: Vec<String>,
    more: u64,
    hides: bool,
}

impl Damage {
    const TOLD: usize = 10;

    pub(in crate::scan) fn add(&mut self, what: String) {
        if self.told.len() < Self::TOLD {
            self.told.push(what);
        } else {
            self.more += 1;
        }
    }

    /// Adds that there may be records that were not searched. A text with such damage is no text of
    /// another kind, whatever else it looks like.
    pub(in crate::scan) fn hide(&mut self, what: String) {
        self.hides = true;
        self.add(what);
    }

    /// Notes the same where the damage is reported already.
    pub(in crate::scan) fn hides_more(&mut self) {
        self.hides = true;
    }

    /// Whether there may be records that were not searched.
    pub(in crate::scan) fn hides(&self) -> bool {
        self.hides
    }

    /// How much was added.
    pub(in crate::scan) fn count(&self) -> u64 {
        self.told.len() as u64 + self.more
    }

    pub(in crate::scan) fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// Adds what was wrong inside item `index`. Gives whether there was anything.
    pub(in crate::scan) fn add_inner(&mut self, index: u64, inner: Self) -> bool {
        let any = !inner.is_empty();
        self.hides |= inner.hides;
        for what in inner.into_reasons() {
            self.add(format!("inside item {index}: {what}"));
        }
        any
    }

    pub(in crate::scan) fn into_reasons(mut self) -> Vec<String> {
        if self.more > 0 {
            self.told.push(format!("and {} more", self.more));
        }
        self.told
    }
}
