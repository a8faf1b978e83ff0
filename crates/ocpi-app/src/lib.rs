//! The use cases of OCPI token authorization.
//!
//! One file each, all of one shape: who may, what is stored, what the rules say, one write.
//! [`App`] offers them; it is built from the ports of `ocpi-ports`. Those of the operator are
//! beside those of the protocol, in a folder of their own.
//!
//! What is deliberately absent: HTTP, SQL, status codes and JSON. "No" is a value of a use case,
//! an error is what kept it from an answer.

mod access;
mod addressed_token;
mod app;
mod authorize_token;
mod charge_point;
mod credentials;
mod credentials_hash;
mod credentials_seal;
mod deadline;
mod get_location;
mod get_session;
mod get_token;
mod hashed_tokens;
mod health;
mod hosting;
mod keys;
mod list_sessions;
mod list_tokens;
mod location_target;
mod location_update;
mod metrics;
mod moment;
mod operator;
mod outbound;
mod owner;
mod patch_location;
mod patch_session;
mod patch_token;
mod platform_update;
mod put_location;
mod put_session;
mod put_token;
mod root;
mod sealed;
mod secret_key;
mod session_contract;
mod session_link;
mod session_update;
mod slot_claim;
mod subject_lookup;
mod sync;
mod token_update;

pub use access::{AccessError, RequestContext, Routing};
pub use app::{App, AppOptions, Ports};
pub use authorize_token::{AuthorizationAnswer, AuthorizeTokenError, AuthorizeTokenRequest};
pub use charge_point::{
    BreakerView, ChargePointAnswer, ChargePointError, ChargePointOptions, ChargePointRequest,
    ChargedToken, StartedBy, Wanted,
};
pub use credentials::{CredentialsError, CredentialsRequest};
pub use credentials_hash::CredentialsHash;
pub use credentials_seal::{CredentialsSeal, Unopenable};
pub use get_location::GetLocationError;
pub use get_session::GetSessionError;
pub use get_token::{GetTokenError, GetTokenRequest};
pub use hashed_tokens::HashedTokens;
pub use health::NotReady;
pub use hosting::{HostedParty, Hosting, VersionsUrls};
pub use keys::{Keys, WrongKey};
pub use list_sessions::ListSessionsError;
pub use list_tokens::ListTokensError;
pub use location_target::{LocationObject, LocationPart, LocationTarget};
pub use operator::{
    BootstrapToken, ExplainRequest, Explanation, FoundAuthorization, Imported, ListOwnTokens,
    OperatorError, PutOwnToken, PutPlatform, RegisterRequest,
};
pub use outbound::OutboundError;
pub use patch_location::PatchLocationError;
pub use patch_session::{PatchSessionError, PatchSessionRequest};
pub use patch_token::{PatchTokenError, PatchTokenRequest};
pub use put_location::PutLocationError;
pub use put_session::{PutSessionError, PutSessionRequest};
pub use put_token::{PutTokenError, PutTokenRequest, Written};
pub use root::Root;
pub use secret_key::{InvalidSecretKey, SecretKey};
pub use sync::{BehindView, PlatformSync, PullView, PushView, RunState, SyncOptions};

#[cfg(test)]
mod testing;
