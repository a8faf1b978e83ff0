//! From a route to its handler.

use ocpi_domain::{OcpiVersion, Role};

use super::handlers::{self, Call};
use super::respond::Reply;
use crate::body::RequestBody;
use crate::failure::Failure;
use crate::router::{
    LocationPath, ObjectMethod, Resource, Route, SessionPath, TokenResource, TokenRoute,
    VersionedRoute,
};
use crate::wire::{V2_1_1, V2_2_1, V2_3_0, WireVersion};

/// Our role in a request of a functional module; configuration modules have no routing.
pub(super) fn role_of(resource: &Resource<'_>) -> Option<Role> {
    match resource {
        Resource::Versions(_) | Resource::VersionDetails(..) | Resource::Credentials(..) => None,
        Resource::Tokens(_, TokenResource::List | TokenResource::Authorize { .. })
        | Resource::Sessions(..)
        | Resource::Locations(..) => Some(Role::Emsp),
        Resource::Tokens(_, TokenResource::Copy { .. }) => Some(Role::Cpo),
    }
}

/// Does what the route says.
pub(super) async fn dispatch(
    call: &Call<'_>,
    body: &mut RequestBody,
    route: Route<'_>,
) -> Result<Reply, Failure> {
    match route {
        Route::ListVersions(root) => Ok(handlers::versions::list(call, root)),
        Route::ShowVersion(root, version) => Ok(handlers::versions::show(call, root, version)),
        Route::In(OcpiVersion::V2_3_0, route) => versioned::<V2_3_0>(call, body, route).await,
        Route::In(OcpiVersion::V2_2_1, route) => versioned::<V2_2_1>(call, body, route).await,
        Route::In(OcpiVersion::V2_1_1, route) => versioned::<V2_1_1>(call, body, route).await,
    }
}

/// Does what the route says, in one version.
async fn versioned<V: WireVersion>(
    call: &Call<'_>,
    body: &mut RequestBody,
    route: VersionedRoute<'_>,
) -> Result<Reply, Failure> {
    match route {
        VersionedRoute::Credentials(root, method) => {
            // It is seldom, and waits for others: every other request would carry its state.
            Box::pin(handlers::credentials::<V>(call, body, root, method)).await
        }
        VersionedRoute::Tokens(route) => tokens::<V>(call, body, route).await,
        VersionedRoute::ListSessions => handlers::list_sessions::<V>(call).await,
        VersionedRoute::Session(method, path) => session::<V>(call, body, method, path).await,
        VersionedRoute::Location(method, path) => location::<V>(call, body, method, path).await,
    }
}

/// What is done with Tokens.
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

/// What is done with a session.
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

/// What is done with a Location or something in it.
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
