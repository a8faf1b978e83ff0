//! From a route to its handler.

use ocpi_domain::{CredentialsToken, Role};

use super::handlers::{self, Call};
use super::respond::Reply;
use crate::body::RequestBody;
use crate::failure::Failure;
use crate::router::{
    LocationPath, ObjectMethod, Resource, Route, SessionPath, TokenResource, TokenRoute,
};
use crate::wire::{OcpiVersion, V2_3_0, WireVersion};

/// Our role in a request of a functional module; configuration modules have no routing.
pub(super) fn role_of(resource: &Resource<'_>) -> Option<Role> {
    match resource {
        Resource::Versions(_) | Resource::VersionDetails(..) | Resource::Credentials => None,
        Resource::Tokens(_, TokenResource::List | TokenResource::Authorize { .. })
        | Resource::Sessions(..)
        | Resource::Locations(..) => Some(Role::Emsp),
        Resource::Tokens(_, TokenResource::Copy { .. }) => Some(Role::Cpo),
    }
}

/// Does what the route says. `presented` is the credentials token of the request.
pub(super) async fn dispatch(
    call: &Call<'_>,
    body: &mut RequestBody,
    route: Route<'_>,
    presented: &CredentialsToken,
) -> Result<Reply, Failure> {
    match route {
        Route::ListVersions(root) => Ok(handlers::versions::list(call, root)),
        Route::ShowVersion(root, version) => Ok(handlers::versions::show(call, root, version)),
        Route::ShowCredentials => Ok(handlers::credentials::show(call, presented)),
        Route::Tokens(OcpiVersion::V2_3_0, route) => tokens::<V2_3_0>(call, body, route).await,
        Route::ListSessions(OcpiVersion::V2_3_0) => handlers::list_sessions::<V2_3_0>(call).await,
        Route::Session(OcpiVersion::V2_3_0, method, path) => {
            session::<V2_3_0>(call, body, method, path).await
        }
        Route::Location(OcpiVersion::V2_3_0, method, path) => {
            location::<V2_3_0>(call, body, method, path).await
        }
    }
}

/// What is done with Tokens, in one version.
async fn tokens<V: WireVersion>(
    call: &Call<'_>,
    body: &mut RequestBody,
    route: TokenRoute<'_>,
) -> Result<Reply, Failure> {
    match route {
        TokenRoute::List => handlers::list_tokens::<V>(call).await,
        TokenRoute::Authorize { owner, uid } => {
            handlers::authorize_token::<V>(call, body, owner, uid).await
        }
        TokenRoute::Get { owner, uid } => handlers::get_token::<V>(call, owner, uid).await,
        TokenRoute::Put { owner, uid } => handlers::put_token::<V>(call, body, owner, uid).await,
        TokenRoute::Patch { owner, uid } => {
            handlers::patch_token::<V>(call, body, owner, uid).await
        }
    }
}

/// What is done with a session, in one version.
async fn session<V: WireVersion>(
    call: &Call<'_>,
    body: &mut RequestBody,
    method: ObjectMethod,
    path: SessionPath<'_>,
) -> Result<Reply, Failure> {
    match method {
        ObjectMethod::Get => handlers::get_session::<V>(call, path).await,
        ObjectMethod::Put => handlers::put_session::<V>(call, body, path).await,
        ObjectMethod::Patch => handlers::patch_session::<V>(call, body, path).await,
    }
}

/// What is done with a Location or something in it, in one version.
async fn location<V: WireVersion>(
    call: &Call<'_>,
    body: &mut RequestBody,
    method: ObjectMethod,
    path: LocationPath<'_>,
) -> Result<Reply, Failure> {
    match method {
        ObjectMethod::Get => handlers::get_location::<V>(call, path).await,
        ObjectMethod::Put => handlers::put_location::<V>(call, body, path).await,
        ObjectMethod::Patch => handlers::patch_location::<V>(call, body, path).await,
    }
}
