//! What was wrong with a text, in words, and never too many of them.

/// What was wrong, the first few in words.
#[derive(Debug, Clone, Default)]
pub(in crate::scan) struct Damage {
    told: Vec<String>,
    more: u64,
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
