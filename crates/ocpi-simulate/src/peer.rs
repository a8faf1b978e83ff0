//! A fake peer, and what can be asked of it.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use ocpi_domain::{Token, TokenKey, TokenType};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::connection;
use crate::counts::{Counts, SeenRequest};
use crate::faults::Faults;
use crate::in_flight::InFlight;
use crate::options::PeerOptions;
use crate::received::Received;
use crate::register;
use crate::request::RequestKind;
use crate::shared::{Shared, lock};
use crate::token_list::TokenList;

/// A platform of somebody else that is none: it listens on this machine and does as it is told.
///
/// It is served by the runtime that started it, and ends when it is stopped or dropped.
///
/// ```
/// # struct Stopped;
/// # impl ocpi_simulate::Clock for Stopped {
/// #     fn now(&self) -> ocpi_domain::DateTime { ocpi_domain::DateTime::UNIX_EPOCH }
/// #     fn elapsed_us(&self) -> u64 { 0 }
/// # }
/// use ocpi_domain::Party;
/// use ocpi_simulate::{Peer, PeerOptions, PeerRole, PeerTokens};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let party = Party::new("DE", "EMS")?;
/// let mut options = PeerOptions::new(PeerRole::Emsp, party, std::sync::Arc::new(Stopped));
/// options.tokens = PeerTokens::Generated(1000);
/// options.faults = "slow=0.1:50,hang=0.01".parse()?;
/// let peer = Peer::start(options, ([127, 0, 0, 1], 0).into()).await?;
/// assert!(peer.versions_url().ends_with("/ocpi/versions"));
/// peer.stop().await;
/// # Ok(())
/// # }
/// ```
pub struct Peer {
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

/// Why a peer does not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// It cannot listen there.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// It could not register itself.
    #[error("cannot register: {0}")]
    Register(String),
}

impl Peer {
    /// Starts a peer that listens there; port 0 is any that is free.
    ///
    /// # Errors
    ///
    /// [`PeerError::Listen`].
    pub async fn start(options: PeerOptions, listen: SocketAddr) -> Result<Peer, PeerError> {
        let cannot = |error| PeerError::Listen {
            address: listen,
            error,
        };
        let listener = TcpListener::bind(listen).await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let shared = Arc::new(Shared::new(options, address));
        let serving = tokio::spawn(connection::serve(listener, Arc::clone(&shared)));
        Ok(Peer { shared, serving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// The beginning of its URLs, without a slash at its end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.shared.address)
    }

    /// Where its versions are: what it is registered by.
    pub fn versions_url(&self) -> String {
        self.shared.url("versions")
    }

    /// Its `tokens` endpoint.
    pub fn tokens_url(&self) -> String {
        self.shared.tokens_url()
    }

    /// The token that callers present from the start, or register with.
    pub fn token(&self) -> &str {
        &self.shared.options.token
    }

    /// Registers itself at the platform whose versions are there, with its token A. After that the
    /// platform knows another token of the peer's than [`Peer::token`], which stays good too.
    ///
    /// # Errors
    ///
    /// [`PeerError::Register`], with what the platform said.
    pub async fn register(&self, versions_url: &str, token_a: &str) -> Result<(), PeerError> {
        let registered = register::register(&self.shared, versions_url, token_a).await;
        registered.map_err(PeerError::Register)
    }

    /// Ends its registration, as it began it.
    ///
    /// # Errors
    ///
    /// [`PeerError::Register`].
    pub async fn unregister(&self) -> Result<(), PeerError> {
        let ended = register::unregister(&self.shared).await;
        ended.map_err(PeerError::Register)
    }

    /// Whether it is connected to a platform: it registered, or was registered with.
    pub fn is_registered(&self) -> bool {
        lock(&self.shared.authority).partner.is_some()
    }

    /// What goes wrong from now on. Requests under way stay as they are.
    pub fn set_faults(&self, faults: Faults) {
        *lock(&self.shared.faults) = faults;
    }

    /// Replaces all Tokens of an eMSP.
    pub fn set_tokens(&self, tokens: crate::PeerTokens) {
        let options = &self.shared.options;
        *lock(&self.shared.tokens) = TokenList::new(options.party, options.seed, tokens);
    }

    /// Puts a Token of an eMSP as it is, new or in the place of the one of its uid and type.
    pub fn put(&self, token: Token) {
        lock(&self.shared.tokens).put(token);
    }

    /// Changes a Token of an eMSP, of type RFID, and moves its `last_updated` on; what identifies it
    /// stays. Returns it as it is then; `None` when there is none.
    pub fn change(&self, uid: &str, change: impl FnOnce(&mut Token)) -> Option<Token> {
        let now = self.shared.now();
        let mut tokens = lock(&self.shared.tokens);
        let changed = tokens.change(uid, &TokenType::Rfid, now, change)?;
        Some(Token::clone(&changed))
    }

    /// Takes a Token of an eMSP, of type RFID, out of its list; whether there was one.
    pub fn remove(&self, uid: &str) -> bool {
        lock(&self.shared.tokens).remove(uid, &TokenType::Rfid)
    }

    /// The Tokens of an eMSP, in the order of its list.
    pub fn tokens(&self) -> Vec<Arc<Token>> {
        lock(&self.shared.tokens).all()
    }

    /// What an eMSP answers to questions about that uid: the `AuthorizationInfo` as it is, whether
    /// it has such a Token or not. `None` takes that back.
    pub fn set_answer(&self, uid: &str, info: Option<Value>) {
        let mut answers = lock(&self.shared.answers);
        let uid = uid.to_ascii_lowercase();
        match info {
            Some(info) => answers.insert(uid, info),
            None => answers.remove(&uid),
        };
    }

    /// The Tokens that a CPO was sent.
    pub fn received(&self) -> BTreeMap<TokenKey, Received> {
        lock(&self.shared.received).tokens.clone()
    }

    /// How many Tokens a CPO has.
    pub fn received_count(&self) -> usize {
        lock(&self.shared.received).tokens.len()
    }

    /// How often a CPO was sent an older version of a Token after a newer one.
    pub fn older_after_newer(&self) -> u64 {
        lock(&self.shared.received).older_after_newer
    }

    /// Forgets the Tokens that a CPO was sent, and how they came.
    pub fn forget_received(&self) {
        *lock(&self.shared.received) = crate::received::ReceivedTokens::default();
    }

    /// How many requests there were.
    pub fn requests(&self) -> u64 {
        lock(&self.shared.book).counts.requests
    }

    /// How many requests of that kind there were.
    pub fn count(&self, kind: RequestKind) -> u64 {
        lock(&self.shared.book).counts.of(kind)
    }

    /// The newest requests, the older first, as many as the options keep.
    pub fn seen(&self) -> Vec<SeenRequest> {
        lock(&self.shared.book).seen.iter().cloned().collect()
    }

    /// What was counted.
    pub fn counts(&self) -> Counts {
        let mut counts = lock(&self.shared.book).counts.clone();
        counts.in_flight_max = self.in_flight_max();
        let received = lock(&self.shared.received);
        counts.received = received.tokens.len();
        counts.taken = received.taken;
        counts.older_after_newer = received.older_after_newer;
        counts
    }

    /// The requests that are under way.
    pub fn in_flight(&self) -> &InFlight {
        &self.shared.in_flight
    }

    /// The most requests under way at once.
    pub fn in_flight_max(&self) -> usize {
        self.shared.in_flight.max()
    }

    /// Waits until `is_so`, which is looked at after each request.
    pub async fn wait_until(&self, is_so: impl Fn(&Peer) -> bool) {
        loop {
            let mut done = std::pin::pin!(self.shared.done.notified());
            // What ends after this is not missed.
            done.as_mut().enable();
            if is_so(self) {
                return;
            }
            done.await;
        }
    }

    /// Stops listening, and breaks the connections that there are. Its address is free then.
    pub async fn stop(mut self) {
        self.serving.abort();
        // What was aborted says so, and nothing else.
        let _ = (&mut self.serving).await;
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
