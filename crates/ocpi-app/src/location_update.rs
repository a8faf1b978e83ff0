//! What a Location that was pushed does to the one that is stored.

use std::sync::Arc;

use ocpi_domain::{InvalidField, Location};
use ocpi_ports::{LocationWrite, StorageError, StoredLocation};

use crate::app::App;

/// The most bytes that a Location may grow to by parts that are pushed one by one, so that the
/// limit of a body does not bound it. The largest sites of the field have hundreds of EVSEs of
/// some kilobytes.
const LOCATION_BYTES_MAX: usize = 16 * 1024 * 1024;

impl App {
    /// Stores the Location in the place of `stored`; answers when it is durable. The same again
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// [`StorageError::Conflict`] when another write came first.
    pub(crate) async fn store_location(
        &self,
        location: Arc<Location>,
        stored: Option<&StoredLocation>,
    ) -> Result<(), StorageError> {
        if stored.is_some_and(|stored| stored.location.is_identical(&location)) {
            return Ok(());
        }
        let follows = stored.map(|stored| stored.revision);
        let write = LocationWrite { location, follows };
        self.ports.locations.put_location(write).await.map(|_| ())
    }
}

/// Refuses what would make a Location grow without end.
pub(crate) fn require_bounded(location: &Location) -> Result<(), InvalidField> {
    if location.bytes() <= LOCATION_BYTES_MAX {
        return Ok(());
    }
    Err(InvalidField::new(
        "location",
        "it would grow beyond 16 MiB; send the whole location by PUT",
    ))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use ocpi_domain::{LocationKey, Revision};
    use ocpi_ports::MockLocationRepository;
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{app, now, party, ports, raw, request_of_cpo};
    use crate::{
        App, GetLocationError, LocationObject, LocationPart, LocationTarget, PatchLocationError,
        Ports, PutLocationError, Written,
    };

    /// What was written.
    type Writes = Arc<Mutex<Vec<LocationWrite>>>;

    /// LOC1 of NL/ALF with the EVSE E1 and its connector 1, each changed at its own moment; and
    /// the members of `more`.
    fn location(more: &Value) -> Arc<Location> {
        let mut members = json!({
            "country_code": "NL", "party_id": "ALF", "id": "LOC1", "last_updated": after(-10),
            "evses": [{
                "uid": "E1", "status": "AVAILABLE", "last_updated": after(-20),
                "connectors": [{"id": "1", "last_updated": after(-30)}]
            }]
        });
        for (name, value) in more.as_object().unwrap() {
            members[name] = value.clone();
        }
        Arc::new(raw(&members).try_into().unwrap())
    }

    fn after(ms: i64) -> ocpi_domain::DateTime {
        now().plus_ms(ms)
    }

    /// An application whose store has that Location, and refuses so many writes because another
    /// came first; what it writes.
    fn app_with(found: Option<Arc<Location>>, conflicts: usize) -> (App, Writes) {
        let writes = Writes::default();
        let told = Arc::clone(&writes);
        let mut locations = MockLocationRepository::new();
        locations.expect_find_location().returning(move |_| {
            Ok(found.clone().map(|location| StoredLocation {
                location,
                revision: Revision(5),
            }))
        });
        locations.expect_put_location().returning(move |write| {
            let mut told = told.lock().unwrap();
            told.push(write.clone());
            if told.len() <= conflicts {
                return Err(StorageError::Conflict);
            }
            Ok(StoredLocation {
                location: write.location,
                revision: Revision(6),
            })
        });
        let app = app(Ports {
            locations: Arc::new(locations),
            ..ports()
        });
        (app, writes)
    }

    /// The object below LOC1 that `path` names, as `E1/1`.
    fn target(path: &str) -> LocationTarget {
        let part = match path.split_once('/') {
            None if path.is_empty() => LocationPart::Whole,
            None => LocationPart::Evse(path.parse().unwrap()),
            Some((evse, id)) => LocationPart::Connector(evse.parse().unwrap(), id.parse().unwrap()),
        };
        LocationTarget {
            key: LocationKey {
                party: party("NL/ALF"),
                id: "LOC1".parse().unwrap(),
            },
            part,
        }
    }

    async fn put(app: &App, path: &str, members: &Value) -> Result<Written, PutLocationError> {
        app.put_location(&request_of_cpo(), target(path), raw(members))
            .await
    }

    async fn patch(app: &App, path: &str, members: &Value) -> Result<(), PatchLocationError> {
        app.patch_location(&request_of_cpo(), target(path), raw(members))
            .await
    }

    /// Holds: L-04, L-05, L-08, K-31.
    #[tokio::test]
    async fn a_part_is_put_in_its_place_and_is_new_when_it_was_not_there() {
        for (path, members, expected) in [
            (
                "E1",
                json!({"uid": "e1", "last_updated": after(1)}),
                Written::Updated,
            ),
            (
                "E2",
                json!({"uid": "E2", "last_updated": after(1)}),
                Written::Created,
            ),
            (
                "E1/1",
                json!({"id": "1", "last_updated": after(1)}),
                Written::Updated,
            ),
            (
                "E1/2",
                json!({"id": "2", "last_updated": after(1)}),
                Written::Created,
            ),
        ] {
            let (app, writes) = app_with(Some(location(&json!({}))), 1);
            assert_eq!(put(&app, path, &members).await.unwrap(), expected, "{path}");
            let writes = writes.lock().unwrap();
            assert_eq!(writes.len(), 2);
            assert_eq!(writes[1].follows, Some(Revision(5)));
            // What changed in it changed it.
            assert_eq!(writes[1].location.last_updated(), after(1), "{path}");
            let evse = writes[1].location.evse(&"E1".parse().unwrap()).unwrap();
            let of_evse = if path == "E2" { after(-20) } else { after(1) };
            assert_eq!(evse.last_updated(), of_evse, "{path}");
        }
    }

    /// Holds: L-04, T-43.
    #[tokio::test]
    async fn what_is_in_nothing_that_is_known_is_unknown() {
        let evse = json!({"uid": "E1", "last_updated": now()});
        let connector = json!({"id": "1", "last_updated": now()});
        let (empty, _) = app_with(None, 0);
        for (path, members) in [("E1", &evse), ("E1/1", &connector)] {
            let refused = put(&empty, path, members).await;
            assert!(matches!(refused, Err(PutLocationError::UnknownLocation)));
        }
        let (app, writes) = app_with(Some(location(&json!({}))), 0);
        let refused = put(&app, "E2/1", &connector).await;
        assert!(matches!(refused, Err(PutLocationError::UnknownLocation)));
        for path in ["E2", "E2/1", "E1/2"] {
            let patched = patch(&app, path, &json!({"last_updated": now()})).await;
            assert!(matches!(patched, Err(PatchLocationError::UnknownLocation)));
            let found = app.get_location(&request_of_cpo(), &target(path)).await;
            assert!(matches!(found, Err(GetLocationError::UnknownLocation)));
        }
        let patched = patch(&empty, "", &json!({"last_updated": now()})).await;
        assert!(matches!(patched, Err(PatchLocationError::UnknownLocation)));
        assert!(writes.lock().unwrap().is_empty());
    }

    /// Holds: K-27, L-06, L-08.
    #[tokio::test]
    async fn an_object_is_stale_by_its_own_time_and_not_by_that_of_what_it_is_in() {
        for (path, id, own_ms) in [
            (
                "",
                json!({"country_code": "NL", "party_id": "ALF", "id": "LOC1"}),
                -10,
            ),
            ("E1", json!({"uid": "E1"}), -20),
            ("E1/1", json!({"id": "1"}), -30),
        ] {
            let with = |ms: i64| {
                let mut members = id.clone();
                members["last_updated"] = after(ms).to_string().into();
                members["x"] = 1.into();
                members
            };
            let (app, writes) = app_with(Some(location(&json!({}))), 0);
            let stale = put(&app, path, &with(own_ms - 1)).await;
            assert!(matches!(stale, Err(PutLocationError::Stale)), "{path}");
            let stale = patch(&app, path, &with(own_ms - 1)).await;
            assert!(matches!(stale, Err(PatchLocationError::Stale)), "{path}");
            let no_moment = patch(&app, path, &json!({"x": 1})).await;
            assert!(matches!(no_moment, Err(PatchLocationError::NoLastUpdated)));
            assert!(writes.lock().unwrap().is_empty());

            put(&app, path, &with(own_ms)).await.unwrap();
            patch(&app, path, &with(own_ms)).await.unwrap();
            let writes = writes.lock().unwrap();
            assert_eq!(writes.len(), 2, "{path}");
            assert_eq!(writes[1].location.last_updated(), after(-10), "{path}");
        }
    }

    /// Holds: L-03, K-25.
    #[tokio::test]
    async fn an_object_of_another_name_than_that_of_its_url_is_refused() {
        let (app, writes) = app_with(Some(location(&json!({}))), 0);
        for (path, id) in [
            (
                "",
                json!({"country_code": "NL", "party_id": "ALF", "id": "LOC2"}),
            ),
            (
                "",
                json!({"country_code": "NL", "party_id": "BET", "id": "LOC1"}),
            ),
            (
                "",
                json!({"country_code": "BE", "party_id": "ALF", "id": "LOC1"}),
            ),
            ("E1", json!({"uid": "E2"})),
            ("E1/1", json!({"id": "2"})),
        ] {
            let mut members = id;
            members["last_updated"] = now().to_string().into();
            let refused = put(&app, path, &members).await;
            assert!(
                matches!(refused, Err(PutLocationError::Invalid(_))),
                "{members}"
            );
            let refused = patch(&app, path, &members).await;
            assert!(
                matches!(refused, Err(PatchLocationError::Invalid(_))),
                "{members}"
            );
        }
        assert!(writes.lock().unwrap().is_empty());
    }

    /// Holds: K-21, L-08.
    #[tokio::test]
    async fn the_same_again_writes_nothing_and_the_whole_replaces_the_whole() {
        let (app, writes) = app_with(Some(location(&json!({}))), 0);
        let same = serde_json::to_value(&*location(&json!({}))).unwrap();
        assert_eq!(put(&app, "", &same).await.unwrap(), Written::Updated);
        let evse = same["evses"][0].clone();
        assert_eq!(put(&app, "E1", &evse).await.unwrap(), Written::Updated);
        patch(&app, "E1/1", &evse["connectors"][0]).await.unwrap();
        assert!(writes.lock().unwrap().is_empty());

        let mut without_evses = same;
        without_evses.as_object_mut().unwrap().remove("evses");
        put(&app, "", &without_evses).await.unwrap();
        let known = writes.lock().unwrap()[0].location.known_evses();
        assert!(known.0.is_empty());
    }

    /// Holds: L-01, T-34.
    #[tokio::test]
    async fn a_location_does_not_grow_beyond_its_limit_by_its_parts() {
        let large = location(&json!({"x": "x".repeat(16 * 1024 * 1024)}));
        let whole = serde_json::to_value(&*large).unwrap();
        let (app, writes) = app_with(Some(large), 0);
        let evse = json!({"uid": "E2", "last_updated": after(1)});
        let refused = put(&app, "E2", &evse).await.unwrap_err();
        assert!(refused.to_string().contains("by PUT"), "{refused}");
        let change = json!({"y": 1, "last_updated": after(1)});
        for path in ["", "E1", "E1/1"] {
            let refused = patch(&app, path, &change).await.unwrap_err();
            assert!(refused.to_string().contains("by PUT"), "{refused}");
        }
        assert!(writes.lock().unwrap().is_empty());
        let mut whole = whole;
        whole["last_updated"] = after(1).to_string().into();
        put(&app, "", &whole).await.unwrap();
    }

    /// Holds: L-01, S-25.
    #[tokio::test]
    async fn each_part_is_read_by_its_url() {
        let whole = location(&json!({}));
        let (app, _) = app_with(Some(Arc::clone(&whole)), 0);
        let found = app.get_location(&request_of_cpo(), &target("")).await;
        assert_eq!(found.unwrap(), LocationObject::Location(Arc::clone(&whole)));
        let evse = whole.evse(&"E1".parse().unwrap()).unwrap();
        let found = app.get_location(&request_of_cpo(), &target("e1")).await;
        assert_eq!(found.unwrap(), LocationObject::Evse(evse.clone()));
        let connector = evse.connector(&"1".parse().unwrap()).unwrap();
        let found = app.get_location(&request_of_cpo(), &target("E1/1")).await;
        assert_eq!(found.unwrap(), LocationObject::Connector(connector.clone()));
    }
    /// Holds: K-27, L-05, L-06, L-08, M-19.
    #[tokio::test]
    async fn what_2_1_1_says_is_measured_by_the_second_or_not_at_all() {
        for (path, id, own_ms) in [
            (
                "",
                json!({"country_code": "NL", "party_id": "ALF", "id": "LOC1"}),
                -10,
            ),
            ("E1", json!({"uid": "E1"}), -20),
            ("E1/1", json!({"id": "1"}), -30),
        ] {
            let with = |moment: Option<ocpi_domain::DateTime>| {
                let mut members = id.clone();
                members["x"] = 1.into();
                if let Some(moment) = moment {
                    members["last_updated"] = moment.to_string().into();
                }
                raw(&members)
            };
            let second = after(-1000);
            let mut context = request_of_cpo();
            context.version = ocpi_domain::OcpiVersion::V2_1_1;
            let own_moment = |location: &Arc<Location>| {
                let found = target(path).find_in(location).unwrap();
                found.last_updated()
            };

            let (app, writes) = app_with(Some(location(&json!({}))), 0);
            let put = app.put_location(&context, target(path), with(Some(second)));
            put.await.unwrap();
            for moment in [Some(second), None] {
                let patch = app.patch_location(&context, target(path), with(moment));
                patch.await.unwrap();
            }
            let stale = app.put_location(&context, target(path), with(Some(after(-1001))));
            assert!(
                matches!(stale.await, Err(PutLocationError::Stale)),
                "{path}"
            );
            let stale = app.patch_location(&context, target(path), with(Some(after(-1001))));
            assert!(
                matches!(stale.await, Err(PatchLocationError::Stale)),
                "{path}"
            );
            let writes = writes.lock().unwrap();
            assert_eq!(writes.len(), 3, "{path}");
            for write in writes.iter() {
                assert_eq!(own_moment(&write.location), after(own_ms), "{path}");
                assert_eq!(write.location.last_updated(), after(-10), "{path}");
            }
        }
    }
}
