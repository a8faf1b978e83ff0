//! Where a session stands for the count of concurrent sessions.

use ocpi_domain::{DateTime, Session, SessionPhase, SessionStatus, is_stale};
use serde_json::{Value, json};

use crate::support::{NOW, moment};

const HOUR_MS: i64 = 60 * 60 * 1000;
/// The longest silence of an ACTIVE session.
const SILENCE_MS: i64 = 48 * HOUR_MS;

fn session(status: SessionStatus, last_updated: DateTime, end: Option<&str>) -> Session {
    let mut members = json!({
        "country_code": "NL", "party_id": "ALF", "id": "S1", "location_id": "LOC1",
        "evse_uid": "E1", "start_date_time": NOW, "status": status,
        "last_updated": last_updated.to_string(),
    });
    members["end_date_time"] = end.map_or(Value::Null, Value::from);
    serde_json::from_value(members).unwrap()
}

/// Where a session stands that was updated and received now.
fn phase_of(status: SessionStatus, end: Option<&str>) -> SessionPhase {
    let now = moment(NOW);
    session(status, now, end).phase(now, SILENCE_MS)
}

fn active_for(ms: i64) -> SessionPhase {
    SessionPhase::Active {
        until: moment(NOW).plus_ms(ms),
    }
}

/// Holds: S-20, S-21.
#[test]
fn session_counts_as_its_status_says() {
    for status in SessionStatus::ALL {
        let expected = match status {
            SessionStatus::Active => active_for(SILENCE_MS),
            SessionStatus::Pending => active_for(HOUR_MS / 4),
            SessionStatus::Reservation => SessionPhase::Waiting,
            SessionStatus::Completed | SessionStatus::Invalid => SessionPhase::Ended,
        };
        assert_eq!(phase_of(*status, None), expected, "{status}");
    }
}

/// Holds: S-23.
#[test]
fn session_with_an_end_is_over_whatever_its_status_says() {
    for status in SessionStatus::ALL {
        // Also when it is to end in the future.
        for end in [NOW, "2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"] {
            assert_eq!(
                phase_of(*status, Some(end)),
                SessionPhase::Ended,
                "{status}"
            );
        }
    }
}

/// Holds: S-20, S-21.
#[test]
fn session_counts_from_its_last_update_and_never_from_a_time_to_come() {
    let received = moment(NOW);
    for (updated_ms, counted_from_ms) in [
        (0, 0),
        (-1, -1),
        (-HOUR_MS, -HOUR_MS),
        (-SILENCE_MS, -SILENCE_MS),
        (1, 0),
        (100 * SILENCE_MS, 0),
    ] {
        for (status, counts_ms) in [
            (SessionStatus::Active, SILENCE_MS),
            (SessionStatus::Pending, HOUR_MS / 4),
        ] {
            let session = session(status, received.plus_ms(updated_ms), None);
            assert_eq!(
                session.phase(received, SILENCE_MS),
                active_for(counted_from_ms + counts_ms),
                "{status}, updated {updated_ms} ms after its receipt"
            );
        }
    }
}

/// Holds: S-21.
#[test]
fn longest_silence_is_of_the_active_ones_only_and_may_be_any() {
    let now = moment(NOW);
    for silence_ms in [0, 1, i64::MAX] {
        let active = session(SessionStatus::Active, now, None);
        let until = now.plus_ms(silence_ms);
        let expected = SessionPhase::Active { until };
        assert_eq!(active.phase(now, silence_ms), expected);
        let pending = session(SessionStatus::Pending, now, None);
        assert_eq!(pending.phase(now, silence_ms), active_for(HOUR_MS / 4));
    }
    assert_eq!(
        now.plus_ms(i64::MAX).to_string(),
        "9999-12-31T23:59:59.999Z"
    );
}

/// Holds: S-02, L-08, K-27.
#[test]
fn update_is_stale_when_it_is_strictly_older_than_what_is_stored() {
    let (stored, now) = (moment("2026-06-01T00:00:00.500Z"), moment(NOW));
    for (update, stale) in [
        ("2026-06-01T00:00:00.499Z", true),
        ("2020-01-01T00:00:00Z", true),
        ("2026-06-01T00:00:00.500Z", false),
        ("2026-06-01T00:00:00.501Z", false),
    ] {
        assert_eq!(is_stale(stored, moment(update), now), stale, "{update}");
    }
}

/// Holds: S-02, L-08, K-28.
#[test]
fn stored_time_more_than_a_day_ahead_makes_nothing_stale() {
    let now = moment(NOW);
    let older = now.plus_ms(-1);
    for (stored_ms, stale) in [
        (24 * HOUR_MS, true),
        (24 * HOUR_MS + 1, false),
        (i64::MAX, false),
    ] {
        let stored = now.plus_ms(stored_ms);
        assert_eq!(is_stale(stored, older, now), stale, "{stored_ms}");
    }
}
