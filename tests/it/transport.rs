//! How requests and answers travel: `docs/protocol.md`, section T.

mod auth;
mod bodies;
mod envelope;
mod ids;
mod paths;
mod refusals;
mod refused_tokens;
mod routing;
