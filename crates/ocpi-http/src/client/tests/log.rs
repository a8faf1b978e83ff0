//! What gets into the log.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};

use ocpi_ports::RemotePlatform;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use super::peer::{Peer, call, client, envelope};

/// The warnings of this thread, each with its fields.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        self.0.lock().unwrap().push(fields.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The fields of an event in one text.
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, "{field}={value:?};").unwrap();
    }
}

/// Holds: V-10, V-12.
#[tokio::test]
async fn a_list_gets_one_warning_however_much_of_it_is_left_out() {
    let many = |element: &str| vec![element; 5_000].join(",");
    let bad = many("7");
    let versions = format!(r#"[{bad},{{"version":"2.2.1","url":"https://h/2.2.1"}}]"#);
    let twice = many(r#"{"identifier":"cdrs","role":"SENDER","url":"https://h"}"#);
    let details = format!(r#"{{"endpoints":[{bad},{twice}]}}"#);
    let answers = [envelope(&versions), envelope(&details), envelope("[]")];
    let peer = Peer::answering(move |number, _| Some(answers[number].clone())).await;
    let (client, url) = (client(), peer.url("/x?k=secret"));

    let warnings = Warnings::default();
    let guard = tracing::subscriber::set_default(warnings.clone());
    let listed = client.list_versions(&call(), &url).await.unwrap();
    let offered = client.list_endpoints(&call(), &url).await.unwrap();
    client.list_versions(&call(), &url).await.unwrap();
    drop(guard);

    assert_eq!((listed.len(), offered.len()), (1, 1));
    let warnings = warnings.0.lock().unwrap();
    assert_eq!(warnings.len(), 2, "{warnings:.2?}");
    for (warning, count) in warnings.iter().zip(["count=5000;", "count=9999;"]) {
        assert!(warning.contains(count), "{warning}");
        assert!(warning.contains("invalid type: integer `7`"), "{warning}");
        assert!(!warning.contains("secret"), "{warning}");
    }
}
