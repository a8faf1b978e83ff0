//! Registering with platforms, and letting them register.

use std::sync::Arc;

use http::{Method, StatusCode};
use ocpi_app::{OperatorError, RegisterRequest};
use ocpi_domain::{CredentialsToken, DateTime, OcpiUrl, PlatformId, Role};
use serde::{Deserialize, Deserializer, Serialize, de};

use super::platforms::{UNKNOWN, secret, shown};
use crate::answer::{self, Answer};
use crate::endpoint::{Access, BodyKind, Call, Endpoint, Refusal, Success};
use crate::failure::Failure;

/// The other side did not do its part.
const FAILED: Refusal = Refusal::new(
    502,
    "The platform cannot be reached, refused, or offers less than is needed; `detail` says which \
     URL, and what to do.",
);

const TIMED_OUT: Refusal = Refusal::new(504, "The platform did not answer in time.");

pub(super) static ENDPOINTS: [Endpoint; 4] = [
    Endpoint {
        method: Method::POST,
        path: "/admin/v1/platforms/{id}/bootstrap-token",
        id: "issueBootstrapToken",
        summary: "Makes a token with which the platform can register here, once; a former one is \
                  good for nothing any more",
        access: Access::AdminToken,
        query: &[],
        headers: &[],
        body: Some(BodyKind::Json("BootstrapTokenRequest")),
        successes: &[Success::json(
            201,
            "The token; it is shown this once.",
            "BootstrapToken",
        )],
        refusals: &[
            UNKNOWN,
            Refusal::new(
                409,
                "The platform is registered, or a handshake with it is under way.",
            ),
        ],
        asks_store: true,
        handler: |call| Box::pin(issue_bootstrap_token(call)),
    },
    Endpoint {
        method: Method::POST,
        path: "/admin/v1/platforms/{id}/register",
        id: "registerWithPlatform",
        summary: "Registers with the platform by the token that it gave us; it calls us back \
                  meanwhile, so this may take a minute",
        access: Access::AdminToken,
        query: &[],
        headers: &[],
        body: Some(BodyKind::Json("RegisterRequest")),
        successes: &[Success::json(
            200,
            "The platform; it is registered.",
            "Platform",
        )],
        refusals: &[
            UNKNOWN,
            Refusal::new(
                409,
                "The platform is registered, a handshake with it is under way, or it may not \
                 speak for a party that it lists.",
            ),
            FAILED,
            TIMED_OUT,
        ],
        asks_store: true,
        handler: |call| Box::pin(register(call)),
    },
    Endpoint {
        method: Method::POST,
        path: "/admin/v1/platforms/{id}/rotate",
        id: "rotateCredentials",
        summary: "Replaces the tokens of both directions, without a request that fails; may take \
                  a minute",
        access: Access::AdminToken,
        query: &[],
        headers: &[],
        body: Some(BodyKind::Json("RotateRequest")),
        successes: &[Success::json(
            200,
            "The platform; both tokens are new.",
            "Platform",
        )],
        refusals: &[
            UNKNOWN,
            Refusal::new(
                409,
                "The platform is not registered, a handshake with it is under way, it may not \
                 speak for a party that it lists, or what we present to it cannot be decrypted.",
            ),
            FAILED,
            TIMED_OUT,
        ],
        asks_store: true,
        handler: |call| Box::pin(rotate(call)),
    },
    Endpoint {
        method: Method::POST,
        path: "/admin/v1/platforms/{id}/unregister",
        id: "unregisterFromPlatform",
        summary: "Ends the registration: tells the platform, and forgets the tokens of both \
                  directions",
        access: Access::AdminToken,
        query: &[],
        headers: &[],
        body: Some(BodyKind::Json("UnregisterRequest")),
        successes: &[Success::json(
            200,
            "The platform; nothing opens anything any more.",
            "Platform",
        )],
        refusals: &[
            UNKNOWN,
            Refusal::new(
                409,
                "The platform is not registered, a handshake with it is under way, or what we \
                 present to it cannot be decrypted.",
            ),
            FAILED,
            TIMED_OUT,
        ],
        asks_store: true,
        handler: |call| Box::pin(unregister(call)),
    },
];

/// Nothing is asked for a bootstrap token, so that what will be is not taken for something else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BootstrapQuestion {}

/// A bootstrap token.
#[derive(Serialize)]
pub(crate) struct ShownBootstrapToken<'a> {
    pub(crate) token: &'a str,
    pub(crate) expires_at: DateTime,
}

/// Where the platform is, and what opens it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegisterQuestion {
    versions_url: OcpiUrl,
    #[serde(deserialize_with = "required_secret")]
    token: CredentialsToken,
    #[serde(default, deserialize_with = "peer_role")]
    role: Option<Role>,
}

/// How a rotation is done.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RotateQuestion {
    compromised: bool,
}

/// How a registration ends.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct UnregisterQuestion {
    forced: bool,
}

fn required_secret<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<CredentialsToken, D::Error> {
    secret(deserializer)?.ok_or_else(|| de::Error::custom("must be a string"))
}

/// What the platform is to us: one of the two that Tokens go between.
fn peer_role<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Role>, D::Error> {
    match Option::<Role>::deserialize(deserializer)? {
        role @ (None | Some(Role::Cpo | Role::Emsp)) => Ok(role),
        Some(_) => Err(de::Error::custom("must be CPO or EMSP")),
    }
}

async fn issue_bootstrap_token(mut call: Call<'_>) -> Result<Answer, Failure> {
    let id: PlatformId = call.read_place("id")?;
    let BootstrapQuestion {} = call.read_body().await?;
    let issued = call.server.app.issue_bootstrap_token(&id).await?;
    let shown = ShownBootstrapToken {
        token: issued.token.expose(),
        expires_at: issued.expires_at,
    };
    Ok(answer::json(StatusCode::CREATED, &shown))
}

async fn register(mut call: Call<'_>) -> Result<Answer, Failure> {
    let id: PlatformId = call.read_place("id")?;
    let question: RegisterQuestion = call.read_body().await?;
    let request = RegisterRequest {
        versions_url: question.versions_url,
        token: question.token,
        peer_role: question.role,
    };
    let app = Arc::clone(&call.server.app);
    let handshake = async move { app.register_with(&id, request).await };
    let stored = call.server.handshakes.run(handshake).await?;
    Ok(answer::found(&shown(&call, &stored)))
}

async fn rotate(mut call: Call<'_>) -> Result<Answer, Failure> {
    let id: PlatformId = call.read_place("id")?;
    let RotateQuestion { compromised } = call.read_body().await?;
    let app = Arc::clone(&call.server.app);
    let handshake = async move { app.rotate_credentials(&id, compromised).await };
    let stored = call.server.handshakes.run(handshake).await?;
    Ok(answer::found(&shown(&call, &stored)))
}

async fn unregister(mut call: Call<'_>) -> Result<Answer, Failure> {
    let id: PlatformId = call.read_place("id")?;
    let UnregisterQuestion { forced } = call.read_body().await?;
    let app = Arc::clone(&call.server.app);
    let handshake = async move {
        let ended = app.unregister_from(&id, forced).await;
        ended.map_err(|error| match error {
            // Whoever cannot be told can be left all the same.
            cause if is_of_platform(&cause) => Failure::NotUnregistered { cause },
            error => error.into(),
        })
    };
    let stored = call.server.handshakes.run(handshake).await?;
    Ok(answer::found(&shown(&call, &stored)))
}

/// Whether it is the platform, or what we know of it, that keeps us from telling it something.
fn is_of_platform(error: &OperatorError) -> bool {
    matches!(
        error,
        OperatorError::Remote(_)
            | OperatorError::OutcomeUnknown(_)
            | OperatorError::Unopenable(_)
            | OperatorError::NoCommonVersion(_)
            | OperatorError::EndpointsMissing(_)
            | OperatorError::PeerRoleNeeded
    )
}

/// Whether this body is taken by the endpoint whose request has the schema of that name.
#[cfg(test)]
pub(crate) fn reads(schema: &str, body: &serde_json::Value) -> bool {
    let body = body.to_string();
    let body = body.as_bytes();
    match schema {
        "BootstrapTokenRequest" => crate::json::read::<BootstrapQuestion>(body).is_ok(),
        "RegisterRequest" => crate::json::read::<RegisterQuestion>(body).is_ok(),
        "RotateRequest" => crate::json::read::<RotateQuestion>(body).is_ok(),
        "UnregisterRequest" => crate::json::read::<UnregisterQuestion>(body).is_ok(),
        other => panic!("no request has the schema {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: T-13.
    #[test]
    fn the_token_of_a_registration_is_never_repeated() {
        for (token, said) in [
            ("1234567", "must be a string"),
            ("null", "must be a string"),
            ("[\"1234567\"]", "must be a string"),
            ("\"1234567 \"", "U+0021"),
        ] {
            let body = format!(r#"{{"versions_url": "https://peer.example", "token": {token}}}"#);
            let refused = crate::json::read::<RegisterQuestion>(body.as_bytes())
                .err()
                .unwrap();
            assert!(refused.contains(said), "{refused}");
            assert!(!refused.contains("1234567"), "{refused}");
        }
    }
}
