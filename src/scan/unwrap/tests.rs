//! Every form of wrapping, and chains of them.
