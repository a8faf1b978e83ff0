//! What we ask of other platforms, once we are registered with them.

mod authorize;
mod call;
mod error;
#[cfg(test)]
mod tests;
mod token_pages;
mod tokens;
mod under_way;

pub use error::OutboundError;

pub(crate) use authorize::{Recipient, SaidOfToken, TokenQuestion};

pub(crate) use token_pages::TokensOfEmsp;
pub(crate) use tokens::{TokenSent, TokensOfCpo};
