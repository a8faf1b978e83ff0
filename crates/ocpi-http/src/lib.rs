//! OCPI over HTTP, on hyper: the server side.
//!
//! [`Server`] accepts connections, reads requests within [`Limits`], proves who calls, routes, and
//! turns what a use case of `ocpi-app` says into an OCPI envelope. Only `status` names status
//! codes. One router and one set of handlers serve every version; what differs between versions
//! is `wire`.
//!
//! What is deliberately absent: rules, storage, and TLS.

mod auth;
mod body;
mod envelope;
mod failure;
mod headers;
mod json;
mod pagination;
mod path;
mod public_urls;
mod query;
mod router;
mod server;
mod status;
mod wire;

pub use public_urls::{InvalidPublicUrl, PublicUrl};
pub use server::{Limits, Server};
