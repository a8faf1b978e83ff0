//! Where a Token may charge, in the words of an eMSP's answer.

use ocpi_domain::{AllowedType, LocationReferences, OcpiVersion};

use super::peer::envelope;
use super::tokens::{ask, place};

/// What an answer `allowed` with that `location` comes to, and where.
async fn ask_where(
    version: OcpiVersion,
    allowed: &str,
    location: &str,
) -> (AllowedType, Option<LocationReferences>) {
    let answer = format!(r#"{{"allowed":"{allowed}","location":{location},"info":null}}"#);
    let read = ask(version, envelope(&answer)).await.unwrap().unwrap();
    (read.allowed, read.location)
}

/// Holds: Q-17, W-22. What names no place says none; without an id it is the one that was asked for.
#[tokio::test]
async fn a_place_is_what_an_answer_names() {
    for version in OcpiVersion::ALL {
        for none in ["null", "[]", "[null]"] {
            let read = ask_where(version, "ALLOWED", none).await;
            assert_eq!(read, (AllowedType::Allowed, None), "{none}");
        }
        for whole in [
            "{}",
            "[{}]",
            r#""LOC1""#,
            r#"["LOC1"]"#,
            r#"{"location_id":null,"evse_uids":null}"#,
        ] {
            let read = ask_where(version, "ALLOWED", whole).await;
            let expected = (AllowedType::Allowed, Some(place(&[])));
            assert_eq!(read, expected, "{whole}");
        }
        let elsewhere = LocationReferences {
            location_id: "LOC2".parse().unwrap(),
            evse_uids: Vec::new(),
        };
        for other in [
            r#""LOC2""#,
            r#"["LOC2"]"#,
            r#"{"location_id":"LOC2"}"#,
            r#"[{"location_id":"LOC2","evse_uids":[]}]"#,
        ] {
            // Who asked sees that it is not for here.
            let (_, location) = ask_where(version, "ALLOWED", other).await;
            assert_eq!(location.as_ref(), Some(&elsewhere), "{other}");
        }
    }
}

/// Holds: W-22, W-25, Q-17. An ALLOWED for a place that cannot be told is none for ours, and what
/// was refused is refused with its own word.
#[tokio::test]
async fn an_allowed_for_a_place_that_cannot_be_read_is_none() {
    let long = format!(r#"{{"location_id":"{}"}}"#, "L".repeat(400));
    for unreadable in [
        r#"[{"location_id":"LOC1"},{"location_id":"LOC2"}]"#,
        r#"[{"location_id":"LOC1"},null]"#,
        "[null,null]",
        r#"["LOC1","LOC2"]"#,
        r#"[["LOC1"]]"#,
        r#"{"location_id":7}"#,
        r#"{"location_id":""}"#,
        r#"{"location_id":["LOC1"]}"#,
        r#"{"location_id":{"id":"LOC1"},"evse_uids":["E1"]}"#,
        &long,
        r#""""#,
        "7",
        "true",
    ] {
        let read = ask_where(OcpiVersion::V2_3_0, "ALLOWED", unreadable).await;
        assert_eq!(read, (AllowedType::NotAllowed, None), "{unreadable}");
        let read = ask_where(OcpiVersion::V2_3_0, "BLOCKED", unreadable).await;
        assert_eq!(read, (AllowedType::Blocked, None), "{unreadable}");
    }
}
