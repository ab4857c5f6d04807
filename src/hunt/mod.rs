//! Who drives: plan, workers, collector.
