//! What the connections of a peer have in common.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ocpi_domain::DateTime;
use serde_json::Value;
use tokio::sync::Notify;

use crate::authority::Authority;
use crate::caller::Caller;
use crate::counts::Book;
use crate::dice::{self, Roll};
use crate::faults::Faults;
use crate::in_flight::InFlight;
use crate::options::PeerOptions;
use crate::received::ReceivedTokens;
use crate::token_list::TokenList;

/// What the connections of a peer have in common.
pub(crate) struct Shared {
    pub(crate) options: PeerOptions,
    pub(crate) address: SocketAddr,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) tokens: Mutex<TokenList>,
    pub(crate) received: Mutex<ReceivedTokens>,
    /// Answers of the operator's choice, by uid in lower case.
    pub(crate) answers: Mutex<HashMap<String, Value>>,
    pub(crate) authority: Mutex<Authority>,
    pub(crate) book: Mutex<Book>,
    pub(crate) in_flight: Arc<InFlight>,
    /// Told after each request.
    pub(crate) done: Notify,
    pub(crate) caller: Caller,
    /// How often each request came, by a hash of what it is: only where something goes wrong.
    attempts: Mutex<HashMap<u64, u64>>,
    ids: AtomicU64,
}

/// What nobody broke off in the middle of a change, even where a test panicked.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(mut options: PeerOptions, address: SocketAddr) -> Shared {
        let no_tokens = crate::PeerTokens::Generated(0);
        let tokens = std::mem::replace(&mut options.tokens, no_tokens);
        let mut authority = Authority::default();
        authority.know(&options.token);
        Shared {
            address,
            faults: Mutex::new(options.faults.clone()),
            tokens: Mutex::new(TokenList::new(options.party, options.seed, tokens)),
            received: Mutex::default(),
            answers: Mutex::default(),
            authority: Mutex::new(authority),
            book: Mutex::default(),
            in_flight: InFlight::shared(),
            done: Notify::new(),
            caller: Caller::new(),
            attempts: Mutex::default(),
            ids: AtomicU64::new(0),
            options,
        }
    }

    /// The moment as the peer believes it is.
    pub(crate) fn now(&self) -> DateTime {
        let skew = lock(&self.faults).clock_skew_ms;
        self.options.clock.now().plus_ms(skew)
    }

    /// A URL of the peer's.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/ocpi/{path}", self.address)
    }

    /// Where its Tokens are.
    pub(crate) fn tokens_url(&self) -> String {
        let role = self.options.role.in_path();
        self.url(&format!("{role}/{}/tokens", self.options.version))
    }

    /// A name that the peer has not given to anything before.
    pub(crate) fn new_id(&self, what: &str) -> String {
        let count = self.ids.fetch_add(1, Ordering::SeqCst);
        let (one, two) = (
            dice::number(self.options.seed, what, count),
            dice::number(self.options.seed, what, count ^ (1 << 63)),
        );
        format!("{what}.{one:016x}{:08x}", two >> 32)
    }

    /// What the dice show for this request: the next time that it comes they show something else.
    pub(crate) fn roll(&self, request: &str) -> Roll {
        let seed = self.options.seed;
        let mut attempts = lock(&self.attempts);
        let attempt = attempts.entry(dice::number(seed, request, 0)).or_default();
        *attempt += 1;
        dice::roll(seed, request, *attempt)
    }
}
