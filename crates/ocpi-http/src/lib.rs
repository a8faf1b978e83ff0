//! OCPI over HTTP, on hyper: being called, and calling.
//!
//! [`Server`] accepts connections, reads requests within [`Limits`], proves who calls, routes, and
//! turns what a use case of `ocpi-app` says into an OCPI envelope. Only `status` names status
//! codes. One router and one set of handlers serve every version; what differs between versions
//! is `wire`.
//!
//! [`OutboundClient`] calls the platforms of others, where the operator's [`OutboundOptions`] permit
//! it, and reads their answers tolerantly. Both sides speak TLS by rustls.
//!
//! What is deliberately absent: rules, and storage.

mod auth;
mod body;
mod client;
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

pub use client::{OutboundClient, OutboundClientError, OutboundOptions};
pub use public_urls::{InvalidPublicUrl, PublicUrl};
pub use server::{Limits, Server, TlsConfig, TlsFileError};

#[cfg(test)]
mod certificates;
