//! An eMSP that lists Tokens, page by page.

use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::support::peer::{Asked, Peer, Reply};

/// What becomes of what it lists.
type Change = fn(&mut Vec<Value>);

/// What it lists, and how.
pub(super) struct State {
    /// In creation order.
    pub(super) tokens: Vec<Value>,
    /// The most on a page.
    pub(super) page_size_max: usize,
    /// The offset from which on it fails.
    pub(super) fails_from: Option<usize>,
    /// The offset whose page leads back to the first one.
    pub(super) loops_at: Option<usize>,
    /// What is done once, after the page of that offset was answered.
    pub(super) after: Option<(usize, Change)>,
    /// Whether it says how many there are.
    pub(super) says_total: bool,
}

/// An eMSP.
pub(super) struct Emsp {
    pub(super) peer: Peer,
    state: Arc<Mutex<State>>,
}

/// A parameter of the query.
pub(super) fn parameter(asked: &Asked, name: &str) -> Option<String> {
    let (_, query) = asked.target.split_once('?')?;
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let mut found = pairs.filter(|(known, _)| *known == name);
    found.next().map(|(_, value)| value.replace("%3A", ":"))
}

impl State {
    fn page(&mut self, base: &str, asked: &Asked) -> Reply {
        let number = |name: &str| parameter(asked, name).and_then(|text| text.parse().ok());
        let offset: usize = number("offset").unwrap_or(0);
        let limit: usize = number("limit").unwrap_or(50).min(self.page_size_max);
        if self.fails_from.is_some_and(|from| offset >= from) {
            return Reply::refused(500, 3000, "out of order");
        }
        let from = parameter(asked, "date_from").unwrap_or_default();
        let to = parameter(asked, "date_to").unwrap_or_else(|| "9999".to_owned());
        let matches = |token: &&Value| {
            let moment = token["last_updated"].as_str().unwrap_or_default();
            *moment >= *from && *moment < *to
        };
        let matching: Vec<Value> = self.tokens.iter().filter(matches).cloned().collect();
        let page: Vec<&Value> = matching.iter().skip(offset).take(limit).collect();
        let next = offset + page.len();
        let mut reply = Reply::success(&json!(page)).header("X-Limit", limit.to_string());
        if self.says_total {
            reply = reply.header("X-Total-Count", matching.len().to_string());
        }
        let window = [("date_from", &from), ("date_to", &to)];
        let mut link = format!("{base}?limit={limit}&offset={next}");
        for (name, value) in window {
            if parameter(asked, name).is_some() {
                let _ = write!(link, "&{name}={value}");
            }
        }
        if self.loops_at == Some(offset) {
            link = format!("{base}?limit={limit}&offset=0");
        }
        if next < matching.len() {
            reply = reply.header("Link", format!("<{link}>; rel=\"next\""));
        }
        if let Some((_, change)) = self.after.take_if(|(at, _)| *at == offset) {
            change(&mut self.tokens);
        }
        reply
    }
}

impl Emsp {
    /// One that lists these.
    pub(super) async fn listing(tokens: Vec<Value>) -> Emsp {
        let emsp = Emsp {
            peer: Peer::start().await,
            state: Arc::new(Mutex::new(State {
                tokens,
                page_size_max: 10,
                fails_from: None,
                loops_at: None,
                after: None,
                says_total: true,
            })),
        };
        let (state, url) = (Arc::clone(&emsp.state), emsp.peer.url.clone());
        emsp.peer.answers(move |asked| {
            let path = asked.target.split('?').next().unwrap_or_default();
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            if asked.method != "GET" {
                return Reply::refused(404, 2004, "unknown token");
            }
            state.page(&format!("{url}{path}"), asked)
        });
        emsp
    }

    /// What it lists, and how, to be changed.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pages that were asked for.
    pub(super) fn pages(&self) -> Vec<Asked> {
        let mut asked = self.peer.asked();
        asked.retain(|asked| asked.method == "GET");
        asked
    }
}
