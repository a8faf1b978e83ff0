//! How a platform and we prove ourselves to each other.
//!
//! Spec: 2.3.0 credentials.

use ocpi_app::{CredentialsRequest, Root};

use super::Call;
use crate::body::RequestBody;
use crate::failure::Failure;
use crate::router::CredentialsMethod;
use crate::server::respond::Reply;
use crate::wire::WireVersion;
use crate::{auth, envelope, status};

pub(in crate::server) async fn credentials<V: WireVersion>(
    call: &Call<'_>,
    body: &mut RequestBody,
    root: Root,
    method: CredentialsMethod,
) -> Result<Reply, Failure> {
    let app = &call.server.app;
    let ours = match method {
        // The token is the one that was presented: it is good, and others are not kept in a form
        // that could be shown.
        CredentialsMethod::Get => app.our_credentials(call.context, root, call.presented.clone()),
        CredentialsMethod::Post => {
            app.require_unregistered(call.context)?;
            let request = sent::<V>(call, body, root).await?;
            app.register_platform(request).await?
        }
        CredentialsMethod::Put => {
            app.require_registered(call.context)?;
            let request = sent::<V>(call, body, root).await?;
            app.replace_credentials(request).await?
        }
        CredentialsMethod::Delete => {
            app.unregister_platform(call.context, call.presented)
                .await?;
            let body = envelope::done(call.now());
            return Ok(Reply::new(status::of_success(false), body));
        }
    };
    // 200 for a POST too: several clients look for it.
    let body = envelope::success(|out| V::write_credentials(out, &ours), call.now());
    Ok(Reply::new(status::of_success(false), body))
}

/// What the platform sends. What is wrong with it is said before anybody is called back.
async fn sent<'a, V: WireVersion>(
    call: &Call<'a>,
    body: &mut RequestBody,
    root: Root,
) -> Result<CredentialsRequest<'a>, Failure> {
    let server = call.server;
    let body = call.receive(body, server.limits.body_bytes_max).await?;
    let peer_role = server.app.hosting().peer_role(root);
    let offered = V::read_credentials(&body, &peer_role)?;
    Ok(CredentialsRequest {
        context: call.context,
        root,
        presented: call.presented,
        encoding: auth::encoding(&call.parts.headers, call.presented),
        offered,
    })
}
