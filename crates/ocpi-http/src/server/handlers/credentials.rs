//! Who we are, for a platform that knows us already.
//!
//! Spec: 2.3.0 credentials, GET method.

use ocpi_domain::{CredentialsRole, CredentialsToken};
use serde::Serialize;

use super::Call;
use crate::router::Root;
use crate::server::respond::Reply;
use crate::{envelope, status};

#[derive(Serialize)]
struct Credentials<'a> {
    token: &'a str,
    url: String,
    roles: Vec<CredentialsRole>,
}

/// Our credentials. The token is the one that was presented: it is valid, and others are not
/// kept in a form that could be shown.
pub(in crate::server) fn show(call: &Call<'_>, presented: &CredentialsToken) -> Reply {
    let credentials = Credentials {
        token: presented.expose(),
        url: call
            .server
            .public_url
            .join(format_args!("{}/versions", Root::Combined.path())),
        roles: call.server.app.hosting().credentials_roles(),
    };
    Reply::new(
        status::of_success(false),
        envelope::success_of(&credentials, call.server.app.now()),
    )
}
