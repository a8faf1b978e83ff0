//! The operator's own HTTP interface, on a listener of its own: health and metrics.
//!
//! Plain JSON without an OCPI envelope; errors are RFC 9457 problem documents.
//!
//! What is deliberately absent: anything that a peer of OCPI needs.

mod answer;
mod server;

pub use server::AdminServer;
