//! The endpoints, one file a resource.

mod accounts;
pub(crate) mod audit;
pub(crate) mod authorizations;
pub(crate) mod backup;
pub(crate) mod charge_point;
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
pub(crate) mod sync;
mod tokens;

use crate::endpoint::Endpoint;

/// The one table, in the order of the document.
static TABLE: [&[Endpoint]; 14] = [
    &tokens::ENDPOINTS,
    &import::ENDPOINTS,
    &export::ENDPOINTS,
    &accounts::ENDPOINTS,
    &authorizations::ENDPOINTS,
    &sessions::ENDPOINTS,
    &explain::ENDPOINTS,
    &charge_point::ENDPOINTS,
    &platforms::ENDPOINTS,
    &handshakes::ENDPOINTS,
    &sync::ENDPOINTS,
    &audit::ENDPOINTS,
    &backup::ENDPOINTS,
    &health::ENDPOINTS,
];

/// Every endpoint.
pub(crate) fn all() -> impl Iterator<Item = &'static Endpoint> {
    TABLE.into_iter().flatten().chain(&openapi::ENDPOINTS)
}
