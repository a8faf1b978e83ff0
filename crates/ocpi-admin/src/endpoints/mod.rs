//! The endpoints, one file a resource.

mod accounts;
pub(crate) mod audit;
pub(crate) mod authorizations;
pub(crate) mod backup;
pub(crate) mod explain;
mod export;
pub(crate) mod handshakes;
pub(crate) mod health;
pub(crate) mod import;
mod openapi;
mod parameters;
pub(crate) mod platforms;
pub(crate) mod sessions;
mod slots;
mod tokens;

use crate::endpoint::Endpoint;

/// The one table, in the order of the document.
static TABLE: [&[Endpoint]; 12] = [
    &tokens::ENDPOINTS,
    &import::ENDPOINTS,
    &export::ENDPOINTS,
    &accounts::ENDPOINTS,
    &authorizations::ENDPOINTS,
    &sessions::ENDPOINTS,
    &explain::ENDPOINTS,
    &platforms::ENDPOINTS,
    &handshakes::ENDPOINTS,
    &audit::ENDPOINTS,
    &backup::ENDPOINTS,
    &health::ENDPOINTS,
];

/// Every endpoint.
pub(crate) fn all() -> impl Iterator<Item = &'static Endpoint> {
    TABLE.into_iter().flatten().chain(&openapi::ENDPOINTS)
}
