//! A platform that does what the book says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Asked, Peer, Reply};

/// A platform that does what the book says: what it lists, and to whom.
#[derive(Debug, Clone)]
pub(crate) struct ByTheBook {
    url: String,
    /// The versions that it lists.
    pub(crate) versions: Vec<&'static str>,
    /// Its endpoints in each: module and role; 2.1.1 is not told the role.
    pub(crate) endpoints: Vec<(&'static str, &'static str)>,
    /// The tokens that it knows.
    pub(crate) knows: Vec<String>,
    /// How it reads what is presented.
    pub(crate) reads: Reads,
    /// What it answers to POST and PUT of credentials; `None` is 405.
    pub(crate) credentials: Option<Value>,
}

/// How a platform reads what is presented to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reads {
    Either,
    Raw,
    Base64,
}

impl ByTheBook {
    /// An eMSP with every version, that knows this token.
    pub(crate) fn of(peer: &Peer, token: &str) -> ByTheBook {
        ByTheBook {
            url: peer.url.clone(),
            versions: vec!["2.1.1", "2.2.1", "2.3.0"],
            endpoints: vec![
                ("credentials", "SENDER"),
                ("tokens", "SENDER"),
                ("sessions", "RECEIVER"),
            ],
            knows: vec![token.to_owned()],
            reads: Reads::Either,
            credentials: None,
        }
    }

    /// Whether the request proves itself.
    fn admits(&self, asked: &Asked) -> bool {
        self.knows.iter().any(|token| match self.reads {
            Reads::Either => asked.presents(token),
            Reads::Raw => asked.token() == token,
            Reads::Base64 => asked.token() == STANDARD.encode(token),
        })
    }

    /// What it answers.
    pub(crate) fn answer(&self, asked: &Asked) -> Reply {
        if !self.admits(asked) {
            return Reply::refused(401, 2000, "unknown token");
        }
        let path = asked.target.trim_start_matches("/ocpi/");
        match (
            asked.method.as_str(),
            path.split('/').collect::<Vec<_>>().as_slice(),
        ) {
            ("GET", ["versions"]) => Reply::success(&self.list()),
            ("GET", [version]) if self.versions.contains(version) => {
                Reply::success(&self.details(version))
            }
            ("DELETE", [_, "credentials"]) => Reply::refused(200, 1000, "Success"),
            ("POST" | "PUT", [_, "credentials"]) => match &self.credentials {
                Some(credentials) => Reply::success(credentials),
                None => Reply::refused(405, 2000, "not now"),
            },
            _ => Reply::refused(404, 2000, "no such thing"),
        }
    }

    /// Its list of versions.
    pub(crate) fn list(&self) -> Value {
        let url = |version: &&str| format!("{}/ocpi/{version}", self.url);
        let versions = self.versions.iter();
        versions
            .map(|version| json!({"version": version, "url": url(version)}))
            .collect()
    }

    /// Its details of a version.
    pub(crate) fn details(&self, version: &str) -> Value {
        let endpoints = self.endpoints.iter().map(|(module, role)| {
            let below = if *module == "credentials" {
                String::new()
            } else {
                format!("/{}", role.to_lowercase())
            };
            let url = format!("{}/ocpi/{version}/{module}{below}", self.url);
            if version == "2.1.1" {
                json!({"identifier": module, "url": url})
            } else {
                json!({"identifier": module, "role": role, "url": url})
            }
        });
        json!({"version": version, "endpoints": endpoints.collect::<Value>()})
    }
}
