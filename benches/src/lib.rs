//! What the binaries of this package share: `ocpi-bench` runs the plain bare server itself, and
//! `ocpi-bench-bare-tuned` the tuned one, since an allocator is chosen per binary.

pub mod bare;
