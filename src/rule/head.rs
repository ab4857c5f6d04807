//! What every rule document says of itself: level, status, log source.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a document says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// `title`, never empty.
    pub title: String,
    /// `id`, as written; it need not be a UUID.
    pub id: Option<String>,
    /// `name`, by which correlations and filters may refer to the document.
    pub name: Option<String>,
    /// `status`.
    pub status: Option<Status>,
    /// `level`.
    pub level: Option<Level>,
    /// `description`.
    pub description: Option<String>,
    /// `author`.
    pub author: Option<String>,
    /// `date`, as written: when the document was made.
    pub date: Option<String>,
    /// `modified`, as written: when it was last changed.
    pub modified: Option<String>,
    /// `license`.
    pub license: Option<String>,
    /// `references`.
    pub references: Vec<String>,
    /// `tags`.
    pub tags: Vec<String>,
    /// `falsepositives`.
    pub falsepositives: Vec<String>,
}

/// The log source a rule is for. Values are kept as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogSource {
    /// `category`.
    pub category: Option<String>,
    /// `product`.
    pub product: Option<String>,
    /// `service`.
    pub service: Option<String>,
}

/// `level`: the severity of a true match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each variant is the level of that name in the specification")]
pub enum Level {
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

/// `status`: the maturity of the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each variant is the status of that name in the specification")]
pub enum Status {
    Stable,
    Test,
    Experimental,
    Deprecated,
    Unsupported,
}

impl LogSource {
    /// Whether the rule is for `CloudTrail`: no category, and product and service absent or
    /// `aws` and `cloudtrail`, ignoring case.
    pub fn applies_to_cloudtrail(&self) -> bool {
        let is = |value: &Option<String>, name: &str| {
            value.as_ref().is_none_or(|value| value.eq_ignore_ascii_case(name))
        };
        self.category.is_none() && is(&self.product, "aws") && is(&self.service, "cloudtrail")
    }
}

impl std::fmt::Display for LogSource {
    /// Product, category and service as far as they are given: `windows/process_creation`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [&self.product, &self.category, &self.service];
        let parts: Vec<_> = parts.into_iter().flatten().map(String::as_str).collect();
        f.write_str(&parts.join("/"))
    }
}

impl Level {
    /// Every level, from the lowest to the highest.
    pub const ALL: [Self; 5] =
        [Self::Informational, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The name in the specification.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// There is no level of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a level: use informational, low, medium, high or critical")]
pub struct UnknownLevel(pub String);

impl FromStr for Level {
    type Err = UnknownLevel;

    /// Reads the name of a level, ignoring case.
    fn from_str(name: &str) -> Result<Self, UnknownLevel> {
        let level = Self::ALL.into_iter().find(|level| level.as_str().eq_ignore_ascii_case(name));
        level.ok_or_else(|| UnknownLevel(name.to_owned()))
    }
}

impl Status {
    /// Every status, from the most to the least ready.
    pub const ALL: [Self; 5] =
        [Self::Stable, Self::Test, Self::Experimental, Self::Deprecated, Self::Unsupported];

    /// The name in the specification.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Test => "test",
            Self::Experimental => "experimental",
            Self::Deprecated => "deprecated",
            Self::Unsupported => "unsupported",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_and_read_without_case() {
        assert!(Level::ALL.is_sorted());
        for level in Level::ALL {
            assert_eq!(level.as_str().to_uppercase().parse(), Ok(level));
        }
        assert_eq!("severe".parse::<Level>(), Err(UnknownLevel("severe".to_owned())));
    }
}
