//! A CPO, BE/BEC, registers, replaces its credentials, and leaves, in every version.

use std::sync::Arc;

use ocpi_app::Ports;
use ocpi_domain::{CredentialsUse, ModuleId, OcpiVersion, Platform, Profile, Version};
use ocpi_ports::{MockRemotePlatform, OfferedEndpoint, StoredPlatform};
use serde_json::{Value, json};

use super::super::{Body, Exchange, Sent};
use super::{AUTHORIZATION, CORRELATION_ID, REQUEST_ID, builder, exchange};
use crate::support::pair::id;
use crate::support::token::with;
use crate::support::world::{World, presented};

const VERSIONS_URL: &str = "https://www.becharged.example/ocpi/versions";

/// A platform that lists these versions, and nothing but its credentials in each.
fn listing(versions: &'static [OcpiVersion]) -> MockRemotePlatform {
    let mut remote = MockRemotePlatform::new();
    let url = |version: OcpiVersion| format!("https://www.becharged.example/ocpi/{version}");
    remote.expect_list_versions().returning(move |_, _| {
        let list = versions.iter().map(|version| Version {
            version: version.number(),
            url: url(*version).parse().expect("a URL"),
        });
        Ok(list.collect())
    });
    remote.expect_list_endpoints().returning(|_, details| {
        Ok(vec![OfferedEndpoint {
            identifier: ModuleId::Credentials,
            role: None,
            url: format!("{details}/credentials").parse().expect("a URL"),
        }])
    });
    remote
}

/// A world that knows the platform, which presents `example-token`, good for this.
async fn world(good_for: CredentialsUse, versions: &'static [OcpiVersion]) -> World {
    let mut builder = builder(Profile::default());
    builder.platforms = vec![StoredPlatform {
        tokens: vec![presented("example-token", good_for)],
        ..StoredPlatform::new(Platform::new(id("peer")))
    }];
    let remote = Arc::new(listing(versions));
    builder
        .ports(|ports| Ports { remote, ..ports })
        .start()
        .await
}

/// The credentials of BE/BEC.
fn theirs(version: &str) -> Value {
    let details = json!({
        "name": "BeCharged",
        "website": "https://www.becharged.example",
        "logo": {
            "url": "https://www.becharged.example/logo.png",
            "category": "OPERATOR",
            "type": "png",
        },
    });
    let whole = json!({"token": "their-token", "url": VERSIONS_URL});
    let rest = if version == "2.1.1" {
        json!({"business_details": details, "party_id": "BEC", "country_code": "BE"})
    } else {
        json!({"roles": [{
            "role": "CPO",
            "business_details": details,
            "party_id": "BEC",
            "country_code": "BE",
        }]})
    };
    with(whole, &rest)
}

fn to_credentials(version: &str, method: &'static str, body: Body) -> Sent {
    let (root, authorization) = if version == "2.1.1" {
        ("/ocpi/emsp", ("Authorization", "Token example-token"))
    } else {
        ("/ocpi", AUTHORIZATION)
    };
    Sent {
        method,
        target: format!("{root}/{version}/credentials"),
        headers: vec![authorization, REQUEST_ID, CORRELATION_ID],
        body,
    }
}

/// The exchanges of a version.
pub(super) async fn of(version: &'static str) -> Vec<Exchange> {
    let until = "2026-01-08T12:00:00Z".parse().expect("a moment");
    let bootstrap = || world(CredentialsUse::Registration { until }, &OcpiVersion::ALL);
    let live = || world(CredentialsUse::Live, &OcpiVersion::ALL);
    let send = |method, body| to_credentials(version, method, body);
    let whole = || Body::Json(theirs(version));
    let nowhere = Body::Json(with(theirs(version), &json!({"url": "nowhere"})));
    let unlisted = world(CredentialsUse::Registration { until }, &[]);
    vec![
        exchange("post_credentials", bootstrap().await, send("POST", whole())),
        exchange(
            "post_credentials_when_registered",
            live().await,
            send("POST", whole()),
        ),
        exchange(
            "post_credentials_of_bad_url",
            bootstrap().await,
            send("POST", nowhere),
        ),
        exchange(
            "post_credentials_without_the_version",
            unlisted.await,
            send("POST", whole()),
        ),
        exchange("put_credentials", live().await, send("PUT", whole())),
        exchange(
            "put_credentials_when_not_registered",
            bootstrap().await,
            send("PUT", whole()),
        ),
        exchange(
            "delete_credentials",
            live().await,
            send("DELETE", Body::Nothing),
        ),
    ]
}
