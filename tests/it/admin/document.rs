//! The OpenAPI document, held to a live server: every answer that it promises is driven, and no
//! answer comes that it does not promise.

mod each;
mod examples;
mod handshakes;
mod stores;

use std::collections::BTreeSet;

use ocpi_admin::AdminOptions;
use ocpi_app::Ports;
use serde_json::Value;

use self::each::drive_each;
use self::examples::{ask, examples};
use self::handshakes::drive_handshakes;
use self::stores::{failing, panicking};
use super::{ADMIN_TOKEN, Answer, Ask, Operator};
use crate::support::http::{Connection, Request};
use crate::support::world::WorldBuilder;

/// The document, and what of it was driven.
struct Document {
    document: Value,
    driven: BTreeSet<(String, String, String)>,
}

impl Document {
    async fn of(operator: &Operator) -> Document {
        Document {
            document: operator.get("/admin/v1/openapi.json").await.found(),
            driven: BTreeSet::new(),
        }
    }

    /// Every operation, by its path and method.
    fn operations(&self) -> Vec<(String, String, &Value)> {
        let paths = self.document["paths"].as_object().expect("paths");
        let operations = paths.iter().flat_map(|(path, item)| {
            let members = item.as_object().expect("a path item").iter();
            members
                .filter(|(method, _)| *method != "parameters")
                .map(move |(method, operation)| (path.clone(), method.to_uppercase(), operation))
        });
        operations.collect()
    }

    /// The operation of a request, by its path's template and its method.
    fn operation(&self, method: &str, path: &str) -> (String, &Value) {
        let fits = |template: &str| {
            let (wanted, given) = (template.split('/'), path.split('/'));
            wanted.clone().count() == given.clone().count()
                && wanted
                    .zip(given)
                    .all(|(wanted, given)| wanted.starts_with('{') || wanted == given)
        };
        let mut fitting: Vec<_> = self
            .operations()
            .into_iter()
            .filter(|(template, known, _)| known == method && fits(template))
            .collect();
        // A path without places is meant before one with.
        fitting.sort_by_key(|(template, ..)| template.matches('{').count());
        let (template, _, operation) = fitting.into_iter().next().expect("it is documented");
        (template, operation)
    }

    /// Asserts that `value` is as a schema of the document says.
    fn assert_valid(&self, schema: &Value, value: &Value, case: &str) {
        let mut schema = schema.clone();
        schema["components"] = self.document["components"].clone();
        let validator = jsonschema::draft202012::new(&schema).expect("a schema");
        let faults: Vec<String> = validator
            .iter_errors(value)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{case}: {faults:?}: {value}");
    }

    /// Asserts that a body is as the media type of a request or an answer says.
    fn assert_content(&self, media: &Value, body: &str, case: &str) {
        let parsed = |text: &str| {
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{case}: {error}: {text}"))
        };
        let lines = &media["x-line-schema"];
        if !lines.is_null() {
            for line in body.lines().filter(|line| !line.is_empty()) {
                self.assert_valid(lines, &parsed(line), case);
            }
        } else if media["schema"]["type"] == "string" {
            assert!(!body.is_empty(), "{case}");
        } else {
            self.assert_valid(&media["schema"], &parsed(body), case);
        }
    }

    /// Sends a request and asserts that it is answered with this status, as documented.
    async fn drive(&mut self, operator: &Operator, ask: Ask, status: u16) -> Answer {
        let (method, uri) = (ask.0.method().to_string(), ask.0.uri().clone());
        let sent = ask.0.body().clone();
        let sent = http_body_util::BodyExt::collect(sent)
            .await
            .expect("it is there");
        let answer = operator.send(ask).await;
        let case = format!("{method} {uri}");
        if status < 300 {
            let (_, operation) = self.operation(&method, uri.path());
            if let Some(content) = operation["requestBody"]["content"].as_object() {
                let sent = String::from_utf8(sent.to_bytes().to_vec()).expect("UTF-8");
                for media in content.values() {
                    self.assert_content(media, &sent, &case);
                }
            }
        }
        self.check(&method, uri.path(), status, &answer);
        answer
    }

    /// Asserts that this is the answer, and that it is documented.
    fn check(&mut self, method: &str, path: &str, status: u16, answer: &Answer) {
        let case = format!("{method} {path} {status}");
        assert_eq!(answer.status.as_u16(), status, "{case}: {}", answer.text());
        let (template, operation) = self.operation(method, path);
        let response = &operation["responses"][status.to_string()];
        assert!(!response.is_null(), "{case} is not documented");
        match response["content"].as_object() {
            None => assert!(answer.body.is_empty(), "{case}"),
            Some(content) => {
                let content_type = answer.header("Content-Type");
                let media = content.get(content_type);
                let media = media.unwrap_or_else(|| panic!("{case}: {content_type}"));
                self.assert_content(media, answer.text(), &case);
            }
        }
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            let value = answer.header(name);
            assert!(!value.is_empty(), "{case}: no {name}");
            let value: Value = match header["schema"]["type"].as_str() {
                Some("integer") => value.parse::<u64>().expect("a number").into(),
                _ => value.into(),
            };
            self.assert_valid(&header["schema"], &value, &case);
        }
        let driven = (template, method.to_owned(), status.to_string());
        self.driven.insert(driven);
    }

    /// The requests out of the examples whose operation may be answered with this status.
    fn examples_with(&self, status: u16) -> Vec<(String, String, Ask)> {
        let operations = self.operations().into_iter();
        let having = operations
            .filter(|(.., operation)| !operation["responses"][status.to_string()].is_null());
        let of = |(path, method, _): (String, String, &Value)| {
            let found = examples().into_iter().find(|(known, target, _)| {
                let path_of_target = target.split('?').next().unwrap_or_default();
                *known == method && self.operation(&method, path_of_target).0 == path
            });
            let found = found.unwrap_or_else(|| panic!("no example: {method} {path}"));
            (method, found.1.to_owned(), ask(found.0, found.1, found.2))
        };
        having.map(of).collect()
    }

    /// Every answer that is documented.
    fn documented(&self) -> BTreeSet<(String, String, String)> {
        let operations = self.operations().into_iter();
        let statuses = operations.flat_map(|(path, method, operation)| {
            let responses = operation["responses"].as_object().expect("responses");
            let statuses: Vec<String> = responses.keys().cloned().collect();
            statuses
                .into_iter()
                .map(move |status| (path.clone(), method.clone(), status))
        });
        statuses.collect()
    }
}

/// Drives what every operation does alike: `change` makes of its example a request that is
/// answered with this status.
async fn drive_all(
    document: &mut Document,
    operator: &Operator,
    status: u16,
    change: impl Fn(Ask) -> Ask,
) {
    let examples = document.examples_with(status);
    assert!(!examples.is_empty(), "{status}");
    for (.., ask) in examples {
        document.drive(operator, change(ask), status).await;
    }
}

/// Sends each example that may be answered with 408 up to its body, which never comes.
async fn drive_too_slow(document: &mut Document) {
    let mut world = WorldBuilder::new().start().await;
    let options = AdminOptions {
        body_ms_max: 1,
        import_piece_ms_max: 1,
        ..AdminOptions::default()
    };
    let operator = Operator::start(&mut world, Some(ADMIN_TOKEN), options).await;
    for (method, target, _) in document.examples_with(408) {
        let head = Request::new(&method, &target)
            .header("Authorization", &format!("Bearer {ADMIN_TOKEN}"))
            .header("Content-Length", "10");
        let mut connection = Connection::open(operator.address).await;
        let sent = connection.send_bytes(&head.bytes()).await;
        sent.expect("the head is sent");
        let response = connection.receive().await.expect("an answer comes");
        let headers = response.headers().iter().map(|(name, value)| {
            let name = hyper::header::HeaderName::try_from(name).expect("a name");
            (name, value.parse().expect("a value"))
        });
        let answer = Answer {
            status: response.status.try_into().expect("a status"),
            headers: headers.collect(),
            body: response.body.clone().into(),
        };
        assert_eq!(answer.header("Connection"), "close", "{target}");
        document.check(&method, &target, 408, &answer);
    }
}

/// Beyond the protocol: the document is the truth. Every answer of every operation in it is
/// driven, whatever comes is as it says, and nothing else comes.
#[tokio::test]
async fn every_answer_that_is_documented_comes_as_documented() {
    let mut world = WorldBuilder::new().start().await;
    let operator = Operator::of(&mut world).await;
    let document = &mut Document::of(&operator).await;
    drive_all(document, &operator, 400, |ask| {
        let uri = ask.0.uri().to_string();
        let mark = if uri.contains('?') { '&' } else { '?' };
        let mut ask = ask;
        *ask.0.uri_mut() = format!("{uri}{mark}unknown=1").parse().expect("a URL");
        ask
    })
    .await;
    drive_all(document, &operator, 401, |ask| {
        ask.header("Authorization", "")
    })
    .await;
    drive_all(document, &operator, 413, |ask| {
        ask.body("application/json", vec![b' '; 1024 * 1024 + 1])
    })
    .await;
    drive_all(document, &operator, 415, |ask| {
        ask.header("Content-Type", "text/csv")
    })
    .await;
    // The store in memory keeps no chain and cannot be backed up.
    drive_all(document, &operator, 501, |ask| ask).await;
    let mut world = WorldBuilder::new().start().await;
    let closed = Operator::start(&mut world, None, AdminOptions::default()).await;
    drive_all(document, &closed, 403, |ask| ask).await;
    let mut world = WorldBuilder::new().ports(panicking).start().await;
    let operator = Operator::of(&mut world).await;
    drive_all(document, &operator, 500, |ask| ask).await;
    let mut world = WorldBuilder::new().ports(failing).start().await;
    let operator = Operator::of(&mut world).await;
    drive_all(document, &operator, 503, |ask| ask).await;
    drive_too_slow(document).await;
    drive_each(document).await;
    drive_handshakes(document).await;
    let documented = document.documented();
    let missing: Vec<_> = documented.difference(&document.driven).collect();
    assert!(
        missing.is_empty(),
        "documented, but not driven: {missing:#?}"
    );
}

/// Beyond the protocol: a store that fails is not shown to be built in some way.
#[tokio::test]
async fn what_is_wrong_inside_is_told_to_the_log_alone() {
    for (ports, status) in [(panicking as fn(Ports) -> Ports, 500), (failing, 503)] {
        let mut world = WorldBuilder::new().ports(ports).start().await;
        let operator = Operator::of(&mut world).await;
        for (method, target, body) in examples() {
            if target.contains("/openapi.json") || !target.starts_with("/admin/") {
                continue;
            }
            let answer = operator.send(ask(method, target, body)).await;
            let detail = answer.problem(status);
            assert!(!detail.contains("secret"), "{method} {target}: {detail}");
            assert!(!detail.contains("Mock"), "{method} {target}: {detail}");
        }
    }
}
