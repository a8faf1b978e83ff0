//! What we ask of other platforms, once we are registered with them.

mod authorize;
mod call;
mod error;
#[cfg(test)]
mod tests;
mod tokens;

pub use error::OutboundError;
