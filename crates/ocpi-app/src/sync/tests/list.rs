//! The list of an eMSP, as OCPI says that it is read.

use std::sync::{Arc, Mutex};

use ocpi_domain::{DateWindow, OcpiUrl, Token};
use ocpi_ports::{RemotePageRequest, RemoteTokenPage};
use serde_json::{Value, json};

use super::other_side::AskedPage;
use crate::testing::peer::url;

/// The Tokens of an eMSP, in the order of their creation.
#[derive(Clone, Default)]
pub(super) struct List(Arc<Mutex<Vec<Token>>>);

impl List {
    /// `T0`, `T1` and so on.
    pub(super) fn of(count: usize) -> List {
        let tokens = (0..count).map(|number| theirs(&format!("T{number}"), &json!({})));
        List(Arc::new(Mutex::new(tokens.collect())))
    }

    /// Adds a Token, or replaces the one of its uid where it is.
    pub(super) fn put(&self, token: Token) {
        let mut tokens = self.0.lock().unwrap();
        match tokens.iter_mut().find(|known| known.key() == token.key()) {
            Some(known) => *known = token,
            None => tokens.push(token),
        }
    }

    /// Lists a Token no more.
    pub(super) fn remove(&self, uid: &str) {
        self.0
            .lock()
            .unwrap()
            .retain(|token| token.uid.as_str() != uid);
    }

    /// The page that was asked for, of at most `size` Tokens.
    pub(super) fn page(&self, asked: &AskedPage, size: usize) -> RemoteTokenPage {
        let (window, offset) = match &asked.request {
            RemotePageRequest::First { window, .. } => (*window, 0),
            RemotePageRequest::At(url) => place(url),
            RemotePageRequest::OneBack(url) => {
                let (window, offset) = place(url);
                (window, offset - 1)
            }
        };
        let mut tokens = self.0.lock().unwrap().clone();
        tokens.retain(|token| window.contains(token.last_updated));
        let from = window.from.map_or(0, ocpi_domain::DateTime::unix_ms);
        let link =
            |offset: usize| format!("https://emsp.example/tokens?from={from}&offset={offset}");
        let end = (offset + size).min(tokens.len());
        let listed = &tokens[offset.min(end)..end];
        let next = (end < tokens.len()).then(|| link(end));
        let mut page = page(&link(offset), listed, next.as_deref());
        page.total = Some(tokens.len() as u64);
        page
    }
}

/// The window and the offset that a URL of ours says.
fn place(url: &OcpiUrl) -> (DateWindow, usize) {
    let (_, parameters) = url.as_str().split_once("?from=").unwrap();
    let (from, offset) = parameters.split_once("&offset=").unwrap();
    let from = from.parse().unwrap();
    let window = DateWindow {
        from: (from != 0).then(|| ocpi_domain::DateTime::from_unix_ms(from).unwrap()),
        to: None,
    };
    (window, offset.parse().unwrap())
}

/// A page of those Tokens, at that URL.
pub(super) fn page(at: &str, tokens: &[Token], next: Option<&str>) -> RemoteTokenPage {
    RemoteTokenPage {
        url: url(at),
        tokens: tokens.to_vec(),
        left_out: 0,
        left_out_reason: None,
        next_fault: None,
        next: next.map(url),
        total: None,
    }
}

/// The members of a Token of DE/EMS.
pub(super) fn of_emsp(more: &Value) -> Value {
    let mut members = json!({"country_code": "DE", "party_id": "EMS"});
    for (name, value) in more.as_object().unwrap() {
        members[name] = value.clone();
    }
    members
}

/// The Token `uid` of DE/EMS, with the fields of `more`.
pub(super) fn theirs(uid: &str, more: &Value) -> Token {
    Token::clone(&crate::testing::token(uid, &of_emsp(more)))
}
