//! YAML to a tree with source spans.
