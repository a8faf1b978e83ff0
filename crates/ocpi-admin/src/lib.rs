//! The operator's own HTTP interface, on a listener of its own: a JSON API, health and metrics.
//!
//! Plain JSON without an OCPI envelope; errors are RFC 9457 problem documents. The endpoints stand
//! in one table, of which the router and the OpenAPI document at `/admin/v1/openapi.json` are
//! made. To add one, add it to a file below `endpoints/`, and its schemas to one below `schema/`.
//!
//! What is deliberately absent: anything that a peer of OCPI needs.

mod admin_token;
mod answer;
mod auth;
mod body;
mod endpoint;
mod endpoints;
mod failure;
mod json;
mod merge_patch;
mod openapi;
mod page;
mod path;
mod precondition;
mod query;
mod respond;
mod router;
mod schema;
mod server;
mod unbroken;

pub use admin_token::{AdminToken, InvalidAdminToken};
pub use answer::{AnswerBody, Interrupted};
pub use server::{AdminOptions, AdminServer};
