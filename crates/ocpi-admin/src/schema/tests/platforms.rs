//! Platforms, and how they get to know each other.

use std::sync::Arc;

use ocpi_app::BreakerView;
use ocpi_domain::{
    AuthEncoding, BusinessDetails, CredentialsRole, CredentialsUse, Endpoint, InterfaceRole,
    ModuleId, NoAnswer, OcpiUrl, OcpiVersion, Party, PartyRole, Platform, PlatformId, Profile,
    PushTokens, Role,
};
use ocpi_ports::{Connection, PresentedToken, SealedToken, Served, StoredPlatform, TokenHash};
use serde_json::{Value, json};

use super::{assert_invalid, assert_is_all, assert_valid, moment, validator};
use crate::endpoints::handshakes::{self, ShownBootstrapToken};
use crate::endpoints::platforms::{self, BREAKER_STATES, Shown, USES};
use crate::page::Items;

fn url(path: &str) -> OcpiUrl {
    OcpiUrl::new(&format!("https://peer.example/{path}")).unwrap()
}

fn party() -> Party {
    Party::new("NL", "XYZ").unwrap()
}

/// A platform of which everything is known.
fn full() -> StoredPlatform {
    let until = moment("2026-01-01T00:00:00Z");
    let uses = [
        CredentialsUse::Registration { until },
        CredentialsUse::Offered {
            until,
            replaces: true,
        },
        CredentialsUse::Live,
        CredentialsUse::Former { until },
    ];
    let token = |good_for| PresentedToken {
        hash: TokenHash([0xab; 32]),
        good_for,
    };
    let held = |role| PartyRole {
        party: party(),
        role,
    };
    StoredPlatform {
        platform: Arc::new(Platform {
            id: PlatformId::new("peer").unwrap(),
            // A peer may present itself in a role that nobody lists.
            roles: vec![held(Role::Cpo), held("WINDMILL".parse().unwrap())],
            profile: Profile {
                tutorial: true,
                fill_owner: true,
                strict_from: true,
                auth_encoding: AuthEncoding::Base64,
                prefer_cache: true,
                ask_unknown: true,
                no_answer: NoAnswer::Deny,
                authorize_timeout_ms: Some(700),
                push_tokens: PushTokens::Patch,
                no_pull: true,
            },
            hub: Some(Party::new("NL", "HUB").unwrap()),
            allowed_parties: Some(vec![party()]),
            our_party: Some(Party::new("CH", "ABC").unwrap()),
        }),
        tokens: uses.map(token).to_vec(),
        connection: Some(Connection {
            versions_url: url("ocpi/versions"),
            sealed_token: SealedToken(Box::from(*b"s3cret")),
            served: Some(Served {
                version: OcpiVersion::V2_2_1,
                endpoints: vec![Endpoint {
                    identifier: ModuleId::Tokens,
                    role: InterfaceRole::Receiver,
                    url: url("ocpi/cpo/2.2.1/tokens"),
                }],
            }),
            presented: vec![CredentialsRole {
                role: Role::Cpo,
                business_details: BusinessDetails {
                    name: "Peer".parse().unwrap(),
                    website: Some("https://peer.example".parse().unwrap()),
                    logo: serde_json::from_str(r#"{"url": "https://peer.example/logo.png"}"#).ok(),
                },
                party_id: party().party_id,
                country_code: party().country_code,
            }],
            connected_at: until,
        }),
    }
}

/// A platform that is asked.
fn closed() -> BreakerView {
    BreakerView {
        state: "closed",
        failures: 0,
        open_since: None,
        reason: None,
    }
}

/// Holds: T-13. What is secret is neither shown nor documented.
#[test]
fn a_platform_is_shown_as_its_schemas_say() {
    let full = full();
    let shown = json!(Shown::of(&full, closed()));
    assert_is_all("Platform", &shown);
    assert_is_all("PartyRole", &shown["roles"][0]);
    assert_is_all("Party", &shown["our_party"]);
    assert_is_all("Profile", &shown["profile"]);
    let connection = &shown["connection"];
    assert_is_all("PlatformConnection", connection);
    assert_is_all("Endpoint", &connection["endpoints"][0]);
    assert_is_all("CredentialsRole", &connection["presented"][0]);
    let details = &connection["presented"][0]["business_details"];
    assert_is_all("BusinessDetails", details);
    assert_eq!(shown["hub_party_id"], "NLHUB");
    assert_eq!(shown["registered"], true);
    for (index, name) in USES.into_iter().enumerate() {
        let token = &shown["tokens"][index];
        assert_is_all("PresentedToken", token);
        assert_eq!(token["use"], name);
        assert_eq!(token["hash"], "abababab");
        assert_eq!(token["until"].is_null(), name == "live");
    }
    assert!(!shown.to_string().contains("s3cret"), "{shown}");
}

#[test]
fn a_platform_of_which_little_is_known_is_shown_as_its_schemas_say() {
    let mut looked_up_never = full();
    if let Some(connection) = &mut looked_up_never.connection {
        connection.served = None;
    }
    let shown = json!(Shown::of(&looked_up_never, closed()));
    assert_valid("Platform", &shown);
    assert_eq!(shown["connection"]["version"], Value::Null);
    for version in OcpiVersion::ALL {
        let mut stored = full();
        if let Some(served) = stored.connection.as_mut().and_then(|it| it.served.as_mut()) {
            served.version = version;
        }
        assert_valid("Platform", &json!(Shown::of(&stored, closed())));
    }
    for auth_encoding in [AuthEncoding::Auto, AuthEncoding::Base64, AuthEncoding::Raw] {
        let mut platform = Platform::new(PlatformId::new("peer").unwrap());
        platform.profile.auth_encoding = auth_encoding;
        let stored = StoredPlatform::new(platform);
        let items = vec![Shown::of(&stored, closed())];
        let page = json!(Items { items, next: None });
        assert_valid("PlatformPage", &page);
        assert_is_all("Platform", &page["items"][0]);
        assert_eq!(page["items"][0]["registered"], false);
    }
}

/// Holds: W-33. The operator sees whether a platform is asked, since when not, and why.
#[test]
fn a_breaker_is_shown_as_its_schema_says() {
    let stored = full();
    for state in BREAKER_STATES {
        let breaker = BreakerView {
            state,
            failures: 5,
            open_since: (state != "closed").then(|| moment("2026-01-01T00:00:00Z")),
            reason: Some("it did not answer within 700 ms".to_owned()),
        };
        let shown = json!(Shown::of(&stored, breaker));
        assert_valid("Platform", &shown);
        assert_is_all("Breaker", &shown["breaker"]);
        assert_eq!(shown["breaker"]["state"], state);
    }
}

#[test]
fn a_platform_is_written_as_its_schema_says() {
    let body = json!({
        "roles": [{"role": "EMSP", "country_code": "CH", "party_id": "ABC"}],
        "hub_party_id": "NLHUB",
        "allowed_parties": [{"country_code": "NL", "party_id": "XYZ"}],
        "our_party": {"country_code": "CH", "party_id": "ABC"},
        "profile": {
            "tutorial": true,
            "fill_owner": true,
            "strict_from": true,
            "auth_encoding": "base64",
            "prefer_cache": true,
            "ask_unknown": true,
            "no_answer": "allow",
            "authorize_timeout_ms": 700,
            "push_tokens": "off",
            "no_pull": true,
        },
        "credentials_token": "secret",
        "versions_url": "https://peer.example/ocpi/versions",
        "outbound_token": "another-secret",
    });
    assert_is_all("PlatformWrite", &body);
    assert!(platforms::reads(&body));
    assert_is_all("Profile", &body["profile"]);
    let called = |url: Value, token: Value| json!({"versions_url": url, "outbound_token": token});
    for body in [
        json!({}),
        json!({"credentials_token": null}),
        json!({"profile": null}),
        json!({"profile": {}}),
        json!({"roles": null}),
        json!({"x": 1}),
        json!({"profile": []}),
        json!({"roles": [{"role": "EMSP", "country_code": "CH", "party_id": "ABC", "x": 1}]}),
        json!({"roles": [{"role": "EMPS", "country_code": "CH", "party_id": "ABC"}]}),
        json!({"roles": [["EMSP", "CH", "ABC"]]}),
        json!({"credentials_token": ""}),
        json!({"credentials_token": 1}),
        json!({"credentials_token": "x".repeat(65)}),
        json!({"hub_party_id": null}),
        json!({"hub_party_id": "NLHUBS"}),
        json!({"hub_party_id": "NL"}),
        json!({"hub_party_id": {"country_code": "NL", "party_id": "HUB"}}),
        json!({"allowed_parties": null}),
        json!({"allowed_parties": []}),
        json!({"allowed_parties": ["NL/XYZ"]}),
        json!({"allowed_parties": [["NL", "XYZ"]]}),
        json!({"our_party": null}),
        json!({"our_party": "CH/ABC"}),
        json!({"our_party": ["CH", "ABC"]}),
        json!({"our_party": {"country_code": "CH", "party_id": "ABC", "x": 1}}),
        json!({"registered": true}),
        called(json!("https://peer.example"), json!("x")),
        called(json!("HTTP://peer.example"), json!("x")),
        called(json!("https://peer.example"), json!(null)),
        called(json!(null), json!("x")),
        called(json!(null), json!(null)),
        called(json!("peer.example"), json!("x")),
        called(json!("ftp://peer.example"), json!("x")),
        called(json!(1), json!("x")),
        called(json!("https://peer.example"), json!("")),
        called(json!(format!("https://{}", "x".repeat(255))), json!("x")),
        json!({"versions_url": "https://peer.example"}),
        json!({"outbound_token": "x"}),
        json!({"outbound_token": null}),
    ] {
        let is_read = platforms::reads(&body);
        let is_documented = validator("PlatformWrite").is_valid(&body);
        assert_eq!(is_documented, is_read, "{body}");
    }
}

#[test]
fn a_profile_is_written_as_its_schema_says() {
    for profile in [
        json!({"no_answer": "by_whitelist"}),
        json!({"no_answer": "guess"}),
        json!({"no_answer": null}),
        json!({"push_tokens": "patch"}),
        json!({"push_tokens": "POST"}),
        json!({"prefer_cache": "yes"}),
        json!({"authorize_timeout_ms": null}),
        json!({"authorize_timeout_ms": 1}),
        json!({"authorize_timeout_ms": 60_000}),
        json!({"authorize_timeout_ms": 0}),
        json!({"authorize_timeout_ms": 60_001}),
        json!({"authorize_timeout_ms": -1}),
        json!({"auth_encoding": "Auto"}),
        json!({"x": 1}),
    ] {
        let body = json!({"profile": profile});
        let is_read = platforms::reads(&body);
        let is_documented = validator("PlatformWrite").is_valid(&body);
        assert_eq!(is_documented, is_read, "{body}");
    }
}

#[test]
fn what_is_asked_of_a_handshake_is_read_as_its_schemas_say() {
    for (schema, full) in [
        ("BootstrapTokenRequest", json!({})),
        (
            "RegisterRequest",
            json!({
                "versions_url": "https://peer.example/ocpi/versions",
                "token": "token-a",
                "role": "EMSP",
            }),
        ),
        ("RotateRequest", json!({"compromised": true})),
        ("UnregisterRequest", json!({"forced": true})),
    ] {
        assert_is_all(schema, &full);
        assert!(handshakes::reads(schema, &full), "{schema}");
        let mut bodies = vec![json!({}), json!({"x": 1})];
        for name in full.as_object().unwrap().keys() {
            for value in [
                json!(null),
                json!(1),
                json!("x"),
                json!(""),
                json!([]),
                json!(true),
            ] {
                let mut body = full.clone();
                body[name] = value;
                bodies.push(body);
            }
            let mut without = full.clone();
            without.as_object_mut().unwrap().remove(name);
            bodies.push(without);
        }
        for role in ["CPO", "EMSP", "HUB", "NSP", "OTHER"] {
            let mut body = full.clone();
            body["role"] = role.into();
            bodies.push(body);
        }
        for body in bodies {
            let is_read = handshakes::reads(schema, &body);
            let is_documented = validator(schema).is_valid(&body);
            assert_eq!(is_documented, is_read, "{schema}: {body}");
        }
    }
}

#[test]
fn a_bootstrap_token_is_as_its_schema_says() {
    let shown = json!(ShownBootstrapToken {
        token: "token.a",
        expires_at: moment("2026-01-08T00:00:00Z"),
    });
    assert_is_all("BootstrapToken", &shown);
    assert_invalid("BootstrapToken", &json!({"token": "token.a"}));
}
