//! A stream of requests, and what their answers must be.

use std::ops::Range;

use fastrand::Rng;
use memchr::memmem::Finder;

use crate::client::Workload;
use crate::connection::Answer;
use crate::template::Template;

/// Which token each request is about.
#[derive(Clone)]
enum Choice {
    /// Each once, in order.
    Each(Range<u64>),
    /// Any of them, for as long as asked.
    Random(Rng, Range<u64>),
}

/// What a right answer looks like.
#[derive(Clone)]
pub(crate) struct Expected {
    statuses: &'static [u16],
    part: Finder<'static>,
}

impl Expected {
    /// The answer to an authorize request of a token that may charge.
    pub(crate) fn allowed() -> Expected {
        Expected {
            statuses: &[200],
            part: Finder::new(r#""allowed":"ALLOWED""#),
        }
    }

    /// The answer to a PUT that was taken.
    pub(crate) fn stored() -> Expected {
        Expected {
            statuses: &[200, 201],
            part: Finder::new(r#""status_code":1000"#),
        }
    }

    /// The answer to an operator's change of a token.
    pub(crate) fn changed() -> Expected {
        Expected {
            statuses: &[200, 201],
            part: Finder::new(r#""uid":"#),
        }
    }

    /// The answer to an operator's PUT of an account that was taken.
    pub(crate) fn account() -> Expected {
        Expected {
            statuses: &[200, 201],
            part: Finder::new(r#""blocked":false"#),
        }
    }

    fn matches(&self, answer: &Answer<'_>) -> bool {
        self.statuses.contains(&answer.status) && self.part.find(answer.body()).is_some()
    }
}

/// Requests of one kind.
#[derive(Clone)]
pub(crate) struct Requests {
    template: Template,
    expected: Expected,
    choice: Choice,
    sent: u64,
    /// How many are sent at most.
    max: u64,
}

impl Requests {
    /// One request for each of `tokens`.
    pub(crate) fn each(template: Template, expected: Expected, tokens: Range<u64>) -> Requests {
        Requests {
            template,
            expected,
            choice: Choice::Each(tokens),
            sent: 0,
            max: u64::MAX,
        }
    }

    /// Requests for any of `tokens`, at random.
    pub(crate) fn random(
        template: Template,
        expected: Expected,
        tokens: Range<u64>,
        seed: u64,
    ) -> Requests {
        Requests {
            template,
            expected,
            choice: Choice::Random(Rng::with_seed(seed), tokens),
            sent: 0,
            max: u64::MAX,
        }
    }

    /// So many of them, numbered from there on.
    pub(crate) fn numbered(self, from: u64, count: u64) -> Requests {
        Requests {
            sent: from,
            max: from + count,
            ..self
        }
    }

    /// The same requests in the form of another server.
    pub(crate) fn with_template(self, template: Template) -> Requests {
        Requests { template, ..self }
    }
}

impl Workload for Requests {
    fn next_request(&mut self, request: &mut Vec<u8>) -> bool {
        if self.sent >= self.max {
            return false;
        }
        let token = match &mut self.choice {
            Choice::Each(tokens) => tokens.next(),
            Choice::Random(rng, tokens) => Some(rng.u64(tokens.clone())),
        };
        let Some(token) = token else { return false };
        self.sent += 1;
        self.template.fill(token, self.sent, request);
        true
    }

    fn is_right(&mut self, answer: &Answer<'_>) -> bool {
        self.expected.matches(answer)
    }
}
