//! What a peer was asked, and what it did.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use crate::faults::FaultKind;
use crate::request::RequestKind;

/// What a peer was asked, and what it did, since it started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Requests in all.
    pub requests: u64,
    /// Requests of each kind.
    pub by_kind: BTreeMap<RequestKind, u64>,
    /// Faults of each kind that happened.
    #[serde(serialize_with = "by_word")]
    pub by_fault: BTreeMap<FaultKind, u64>,
    /// Requests that presented no token that is known.
    pub unauthorized: u64,
    /// The most requests under way at once.
    pub in_flight_max: usize,
    /// Tokens that a CPO has.
    pub received: usize,
    /// Tokens that a CPO was sent, whole or in part, and took.
    pub taken: u64,
    /// How often a CPO was sent an older version of a Token after a newer one.
    pub older_after_newer: u64,
}

impl Counts {
    /// How many requests of that kind there were.
    pub fn of(&self, kind: RequestKind) -> u64 {
        self.by_kind.get(&kind).copied().unwrap_or_default()
    }

    /// How many faults of that kind there were.
    pub fn faults(&self, kind: FaultKind) -> u64 {
        self.by_fault.get(&kind).copied().unwrap_or_default()
    }
}

fn by_word<S: serde::Serializer>(
    by_fault: &BTreeMap<FaultKind, u64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(by_fault.iter().map(|(kind, count)| (kind.as_str(), count)))
}

/// A request that a peer was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRequest {
    /// What it is for.
    pub kind: RequestKind,
    /// The method.
    pub method: String,
    /// The path and the query, as they were sent.
    pub target: String,
    /// The headers but `Authorization`, with their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; what is no UTF-8 of it is replaced.
    pub body: String,
    /// What went wrong with it at the peer's will.
    pub fault: Option<FaultKind>,
}

impl SeenRequest {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What is counted, and the newest requests.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) counts: Counts,
    pub(crate) seen: VecDeque<SeenRequest>,
}

impl Book {
    /// Counts a request, with what goes wrong with it.
    pub(crate) fn count(&mut self, kind: RequestKind, fault: Option<FaultKind>) {
        self.counts.requests += 1;
        *self.counts.by_kind.entry(kind).or_default() += 1;
        if let Some(fault) = fault {
            *self.counts.by_fault.entry(fault).or_default() += 1;
        }
    }

    /// Remembers a request, of which `seen_max` are kept.
    pub(crate) fn remember(&mut self, request: SeenRequest, seen_max: usize) {
        if self.seen.len() >= seen_max {
            self.seen.pop_front();
        }
        self.seen.push_back(request);
    }
}
