//! Credentials tokens, and what else credentials are made of.

use ocpi_domain::{
    BusinessDetails, Credentials, CredentialsRole, CredentialsToken, Endpoint, Version,
    VersionDetails,
};
use serde_json::{Value, json};

use crate::support::refusal;

/// Holds: T-13.
#[test]
fn credentials_token_and_its_error_print_no_secret() {
    let token = CredentialsToken::new("s3cr3t.value").unwrap();
    for text in [
        format!("{token:?}"),
        format!("{token:#?}"),
        format!("{:?}", Some(&token)),
    ] {
        assert!(!text.contains("s3cr3t"), "{text}");
    }
    assert_eq!(token.expose(), "s3cr3t.value");
    let error = CredentialsToken::new("s3cr3t value").unwrap_err();
    assert!(!format!("{error:?} {error}").contains("s3cr3t"));
}

/// Holds: D-10.
#[test]
fn credentials_token_is_one_to_64_visible_characters() {
    for text in ["a", "~!", &"x".repeat(64)] {
        assert_eq!(CredentialsToken::new(text).unwrap().expose(), text);
    }
    for text in ["", &"x".repeat(65), "a b", "a\n", "é", "a\u{7f}"] {
        assert!(CredentialsToken::new(text).is_err(), "{text:?}");
    }
}

/// Holds: T-13.
#[test]
fn credentials_print_no_secret() {
    let credentials = Credentials {
        token: CredentialsToken::new("s3cr3t.value").unwrap(),
        url: "https://peer.example/ocpi/versions".parse().unwrap(),
        roles: Vec::new(),
        hub: None,
    };
    let text = format!("{credentials:?}");
    assert!(text.contains("peer.example"), "{text}");
    assert!(!text.contains("s3cr3t"), "{text}");
}

fn role_json() -> Value {
    json!({
        "role": "EMSP",
        "business_details": {
            "name": "Example Mobility",
            "website": "https://www.example.com",
            "logo": {
                "url": "https://www.example.com/logo.png",
                "thumbnail": "https://www.example.com/small.png",
                "category": "OPERATOR",
                "type": "png",
                "width": 512,
                "height": 512,
                "alt": "kept, though nobody knows it",
            },
        },
        "party_id": "ABC",
        "country_code": "CH",
    })
}

/// Holds: D-11.
#[test]
fn credentials_role_keeps_its_logo_as_it_came() {
    let role: CredentialsRole = serde_json::from_value(role_json()).unwrap();
    assert_eq!(json!(role), role_json());
    let mut least = role_json();
    least["business_details"] = json!({"name": "Example Mobility"});
    let role: CredentialsRole = serde_json::from_value(least.clone()).unwrap();
    assert_eq!(json!(role), least, "absent, and not null");
}

/// Holds: D-11, T-64.
#[test]
fn business_details_need_a_name_and_nothing_else() {
    let nulls = json!({"name": "Example", "website": null, "logo": null, "more": 1});
    let details: BusinessDetails = serde_json::from_value(nulls).unwrap();
    assert_eq!(json!(details), json!({"name": "Example"}));
    let longest = json!({"name": "é".repeat(100)});
    serde_json::from_value::<BusinessDetails>(longest).unwrap();
    for (broken, named) in [
        (json!({}), "name"),
        (json!({"name": null}), "null"),
        (json!({"name": "é".repeat(101)}), "100"),
        (json!({"name": "a\nb"}), "printable"),
    ] {
        let said = refusal::<BusinessDetails>(&broken.to_string());
        assert!(said.contains(named), "{broken}: {said}");
    }
}

/// Holds: D-11, C-22.
#[test]
fn a_logo_that_is_no_object_is_left_out_and_refuses_nobody() {
    for logo in [
        json!("https://www.example.com/logo.png"),
        json!([]),
        json!(1),
    ] {
        let mut role = role_json();
        role["business_details"]["logo"] = logo;
        let read: CredentialsRole = serde_json::from_value(role.clone()).unwrap();
        let text: CredentialsRole = serde_json::from_str(&role.to_string()).unwrap();
        assert_eq!(read, text);
        role["business_details"]
            .as_object_mut()
            .unwrap()
            .remove("logo");
        assert_eq!(json!(read), role);
    }
}

/// Holds: D-12.
#[test]
fn versions_and_details_are_read_and_written() {
    let url = "https://peer.example/ocpi/2.2.1";
    let version = json!({"version": "2.2.1", "url": url});
    let read: Version = serde_json::from_value(version.clone()).unwrap();
    assert_eq!(json!(read), version);
    let details = json!({
        "version": "2.2.1",
        "endpoints": [{"identifier": "tokens", "role": "SENDER", "url": url}],
    });
    let read: VersionDetails = serde_json::from_value(details.clone()).unwrap();
    assert_eq!(json!(read), details);
    for role in [json!("sender"), json!("BOTH"), json!(null)] {
        let endpoint = json!({"identifier": "tokens", "role": role, "url": url});
        refusal::<Endpoint>(&endpoint.to_string());
    }
}
