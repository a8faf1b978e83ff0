//! The versions that are spoken here, and what each calls a Token's type.

use ocpi_domain::{OcpiVersion, TokenType, VersionNumber};
use serde_json::json;

fn token_type(text: &str) -> TokenType {
    serde_json::from_value(json!(text)).unwrap()
}

fn number(text: &str) -> VersionNumber {
    serde_json::from_value(json!(text)).unwrap()
}

/// Holds: M-04, E-05.
#[test]
fn token_type_that_a_version_does_not_list_is_shown_as_other() {
    // The type, and what 2.1.1, 2.2.1 and 2.3.0 show.
    for (held, shown) in [
        ("RFID", ["RFID", "RFID", "RFID"]),
        ("OTHER", ["OTHER", "OTHER", "OTHER"]),
        ("AD_HOC_USER", ["OTHER", "AD_HOC_USER", "AD_HOC_USER"]),
        ("APP_USER", ["OTHER", "APP_USER", "APP_USER"]),
        ("EMAID", ["OTHER", "OTHER", "EMAID"]),
        ("X_TOMORROW", ["OTHER", "OTHER", "X_TOMORROW"]),
        // Types are case-sensitive: this one is not RFID.
        ("rfid", ["OTHER", "OTHER", "rfid"]),
    ] {
        let versions = [
            OcpiVersion::V2_1_1,
            OcpiVersion::V2_2_1,
            OcpiVersion::V2_3_0,
        ];
        let found = versions.map(|version| version.shown_type(&token_type(held)));
        assert_eq!(found, shown.map(token_type), "{held}");
    }
}

/// Holds: M-04.
#[test]
fn shown_type_is_shown_as_itself() {
    for version in OcpiVersion::ALL {
        for held in [
            "RFID",
            "OTHER",
            "AD_HOC_USER",
            "APP_USER",
            "EMAID",
            "X_TOMORROW",
        ] {
            let shown = version.shown_type(&token_type(held));
            assert_eq!(version.shown_type(&shown), shown, "{version} {held}");
        }
    }
}

/// Holds: V-10.
#[test]
fn three_versions_are_spoken_and_the_newest_is_the_highest() {
    let spoken: Vec<&str> = OcpiVersion::ALL.map(OcpiVersion::as_str).into();
    assert_eq!(spoken, ["2.3.0", "2.2.1", "2.1.1"]);
    assert!(OcpiVersion::ALL.is_sorted_by(|one, next| one > next));
    for version in OcpiVersion::ALL {
        assert_eq!(OcpiVersion::of(&version.number()), Some(version));
        assert_eq!(
            json!(version.number()),
            version.as_str(),
            "as objects say it"
        );
        assert_eq!(version.to_string(), version.as_str());
    }
    for other in ["2.0", "2.1", "2.2", "2.3", "2.2.1-d2", "3.0", "02.2.1"] {
        assert_eq!(OcpiVersion::of(&number(other)), None, "{other}");
    }
}
