//! Tokens, and where the tests send them.

use ocpi_domain::{DateWindow, PageRequest, PageStart, StoredToken, Token};
use ocpi_ports::{TokenQuery, TokenRepository};
use serde_json::{Value, json};

use super::http::{Connection, Request, Response};
use super::world::{TOKEN, World, party};

/// Where an eMSP's Tokens are listed and asked about.
pub(crate) const SENDER: &str = "/ocpi/emsp/2.3.0/tokens";

/// Where a CPO's copies are kept.
pub(crate) const RECEIVER: &str = "/ocpi/cpo/2.3.0/tokens";

/// An RFID Token of CH/ABC with its required fields and no other.
pub(crate) fn card(uid: &str) -> Value {
    json!({
        "country_code": "CH",
        "party_id": "ABC",
        "uid": uid,
        "type": "RFID",
        "contract_id": "CH-ABC-C00000001",
        "issuer": "Example",
        "valid": true,
        "whitelist": "ALLOWED",
        "last_updated": "2026-01-01T00:00:00Z",
    })
}

/// `object` with these members changed; one that becomes `null` is left out.
pub(crate) fn with(mut object: Value, changes: &Value) -> Value {
    let members = object.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    object
}

/// The URL of the copy of a Token of CH/ABC.
pub(crate) fn copy(uid: &str) -> String {
    format!("{RECEIVER}/CH/ABC/{uid}")
}

/// The URL of the question about a Token.
pub(crate) fn question(uid: &str) -> String {
    format!("{SENDER}/{uid}/authorize")
}

impl World {
    /// Pushes a Token as the platform of [`TOKEN`]; it must be new.
    pub(crate) async fn push(&self, token: &Value) {
        self.push_as(TOKEN, token).await;
    }

    /// Pushes a Token as its owner with these credentials; it must be new.
    pub(crate) async fn push_as(&self, credentials: &str, token: &Value) {
        let segment = |name: &str| token[name].as_str().expect("an identifier").to_owned();
        let [country, party, uid] = ["country_code", "party_id", "uid"].map(segment);
        let target = format!("{RECEIVER}/{country}/{party}/{uid}");
        let request = Request::new("PUT", &target).token(credentials).json(token);
        let response = self.send(&request).await;
        assert_eq!(
            response.codes(),
            (201, 1000),
            "{token}: {}",
            response.message()
        );
    }

    /// The Token that `GET` on this copy shows.
    pub(crate) async fn shown(&self, target: &str) -> Value {
        let response = self.call("GET", target, None).await;
        assert_eq!(
            response.codes(),
            (200, 1000),
            "{target}: {}",
            response.message()
        );
        response.data()
    }

    /// Everything stored of the parties that tests use, with revisions, in creation order.
    pub(crate) async fn stored(&self) -> Vec<StoredToken> {
        let parties = [("CH", "ABC"), ("CH", "XYZ"), ("DE", "TNM")];
        let query = TokenQuery {
            parties: parties.map(|(country, id)| party(country, id)).to_vec(),
            without_types: Vec::new(),
        };
        let page = PageRequest {
            start: PageStart::Offset(0),
            limit: 10_000,
            window: DateWindow::default(),
        };
        self.store
            .list_tokens(&query, &page)
            .await
            .expect("the store lists")
            .items
    }

    /// Everything stored, letter for letter: two of these are equal only when no write happened
    /// in between.
    pub(crate) async fn snapshot(&self) -> Vec<(u64, String)> {
        let text = |token: &Token| serde_json::to_string(token).expect("a Token is JSON");
        let stored = self.stored().await;
        stored
            .iter()
            .map(|stored| (stored.revision.0, text(&stored.token)))
            .collect()
    }
}

/// Sends every request at the same time, each on a connection of its own; the answers are in the
/// order of the requests.
pub(crate) async fn all_at_once(world: &World, requests: &[Request]) -> Vec<Response> {
    let mut tasks = Vec::new();
    for request in requests {
        let mut connection = Connection::open(world.address).await;
        let request = request.clone();
        tasks.push(tokio::spawn(async move { connection.send(&request).await }));
    }
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("an answer comes"));
    }
    answers
}
