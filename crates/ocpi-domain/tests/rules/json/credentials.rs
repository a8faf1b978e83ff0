//! Credentials tokens.

use ocpi_domain::CredentialsToken;

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
