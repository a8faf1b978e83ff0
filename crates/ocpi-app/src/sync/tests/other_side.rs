//! The other sides: CPOs with their copies of Tokens, and eMSPs with their lists.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ocpi_domain::{
    Credentials, DateTime, LocationReferences, OcpiUrl, Party, Token, TokenKey, TokenType,
    TokenUid, Version,
};
use ocpi_ports::{
    OfferedEndpoint, RemoteAuthorization, RemoteCall, RemoteError, RemotePageRequest,
    RemotePlatform, RemoteTokenPage,
};
use tokio::time::Instant;

use crate::testing::peer::later;

/// A request about a Token that arrived at a CPO.
#[derive(Debug, Clone)]
pub(super) struct Arrived {
    /// Milliseconds since the beginning.
    pub(super) at_ms: u128,
    /// The platform.
    pub(super) id: String,
    /// `put`, `patch` or `get`.
    pub(super) what: &'static str,
    pub(super) uid: String,
    /// What a test calls the version: the issuer. Empty for a `get`.
    pub(super) version: String,
    pub(super) call: RemoteCall,
}

/// How a CPO answers, and after what time.
pub(super) type Answer = (Duration, Result<(), RemoteError>);

type Answers = Box<dyn FnMut(&Arrived) -> Answer + Send>;
type Pages = Box<dyn FnMut(&AskedPage) -> Result<RemoteTokenPage, RemoteError> + Send>;

/// A page that an eMSP was asked for.
#[derive(Debug, Clone)]
pub(super) struct AskedPage {
    pub(super) at_ms: u128,
    pub(super) owner: Option<Party>,
    pub(super) request: RemotePageRequest,
    pub(super) call: RemoteCall,
}

/// The other sides.
pub(super) struct OtherSide {
    began: Instant,
    state: Mutex<State>,
}

struct State {
    answers: Answers,
    pages: Pages,
    arrived: Vec<Arrived>,
    asked: Vec<AskedPage>,
    copies: HashMap<(String, TokenKey), Token>,
    in_flight: usize,
    in_flight_max: usize,
    /// Versions that came after a newer one of the same Token.
    older_after_newer: usize,
}

impl OtherSide {
    /// CPOs that take everything at once, and eMSPs without Tokens.
    pub(super) fn new() -> Arc<OtherSide> {
        let state = State {
            answers: Box::new(|_| (Duration::ZERO, Ok(()))),
            pages: Box::new(|_| Ok(super::list::page("https://emsp.example/tokens", &[], None))),
            arrived: Vec::new(),
            asked: Vec::new(),
            copies: HashMap::new(),
            in_flight: 0,
            in_flight_max: 0,
            older_after_newer: 0,
        };
        Arc::new(OtherSide {
            began: Instant::now(),
            state: Mutex::new(state),
        })
    }

    /// Answers requests about Tokens so.
    pub(super) fn answer(&self, answers: impl FnMut(&Arrived) -> Answer + Send + 'static) {
        self.state.lock().unwrap().answers = Box::new(answers);
    }

    /// Takes everything, after so many milliseconds.
    pub(super) fn take_after_ms(&self, ms: u64) {
        self.answer(move |_| (Duration::from_millis(ms), Ok(())));
    }

    /// Lists Tokens so.
    pub(super) fn list(
        &self,
        pages: impl FnMut(&AskedPage) -> Result<RemoteTokenPage, RemoteError> + Send + 'static,
    ) {
        self.state.lock().unwrap().pages = Box::new(pages);
    }

    pub(super) fn arrived(&self) -> Vec<Arrived> {
        self.state.lock().unwrap().arrived.clone()
    }

    /// What arrived, as `put T1 1`, and forgets it.
    pub(super) fn take_arrived(&self) -> Vec<String> {
        let arrived = std::mem::take(&mut self.state.lock().unwrap().arrived);
        let text =
            |Arrived {
                 what, uid, version, ..
             }: &Arrived| { format!("{what} {uid} {version}").trim_end().to_owned() };
        arrived.iter().map(text).collect()
    }

    pub(super) fn asked(&self) -> Vec<AskedPage> {
        self.state.lock().unwrap().asked.clone()
    }

    /// The pages that were asked for since, and forgets them.
    pub(super) fn take_asked(&self) -> Vec<RemotePageRequest> {
        let asked = std::mem::take(&mut self.state.lock().unwrap().asked);
        asked.into_iter().map(|asked| asked.request).collect()
    }

    /// The most requests about Tokens that were under way at once.
    pub(super) fn in_flight_max(&self) -> usize {
        self.state.lock().unwrap().in_flight_max
    }

    pub(super) fn older_after_newer(&self) -> usize {
        self.state.lock().unwrap().older_after_newer
    }

    /// The versions that a platform has, by uid.
    pub(super) fn copies(&self, id: &str) -> Vec<(String, String)> {
        let state = self.state.lock().unwrap();
        let of_it = state.copies.iter().filter(|((of, _), _)| of == id);
        let mut copies: Vec<_> = of_it
            .map(|(_, token)| (token.uid.to_string(), token.issuer.to_string()))
            .collect();
        copies.sort();
        copies
    }

    /// The platform `id` has this copy of a Token.
    pub(super) fn give(&self, id: &str, token: &Token) {
        let mut state = self.state.lock().unwrap();
        state
            .copies
            .insert((id.to_owned(), token.key()), token.clone());
    }

    async fn arrive(
        &self,
        what: &'static str,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        key: &TokenKey,
        token: Option<&Token>,
    ) -> Result<(), RemoteError> {
        let arrived = Arrived {
            at_ms: self.began.elapsed().as_millis(),
            id: id_of(endpoint),
            what,
            uid: key.uid.to_string(),
            version: token
                .map(|token| token.issuer.to_string())
                .unwrap_or_default(),
            call: call.clone(),
        };
        let id = arrived.id.clone();
        let (after, answer) = {
            let mut state = self.state.lock().unwrap();
            state.in_flight += 1;
            state.in_flight_max = state.in_flight_max.max(state.in_flight);
            state.arrived.push(arrived.clone());
            (state.answers)(&arrived)
        };
        if !after.is_zero() {
            later(after).await;
        }
        let mut state = self.state.lock().unwrap();
        state.in_flight -= 1;
        if let (Ok(()), Some(token)) = (&answer, token) {
            let newest = |known: &Token| known.last_updated > token.last_updated;
            let before = state.copies.insert((id, key.clone()), token.clone());
            state.older_after_newer += usize::from(before.as_ref().is_some_and(newest));
        }
        answer
    }
}

/// The platform that serves that URL.
fn id_of(url: &OcpiUrl) -> String {
    let host = url.as_str().strip_prefix("https://").unwrap();
    host.split_once(".example").unwrap().0.to_owned()
}

/// No answer came.
pub(super) fn silent() -> RemoteError {
    crate::testing::peer::timed_out()
}

/// HTTP 503, perhaps with a time to come back.
pub(super) fn unavailable(retry_after_s: Option<u64>) -> RemoteError {
    RemoteError::Refused {
        url: "https://cpo.example".to_owned(),
        http: 503,
        code: None,
        message: None,
        retry_after: retry_after_s.map(Duration::from_secs),
    }
}

/// HTTP 200 with a `status_code` that refuses.
pub(super) fn refused() -> RemoteError {
    RemoteError::Refused {
        url: "https://cpo.example".to_owned(),
        http: 200,
        code: Some(2001),
        message: Some("no such contract".to_owned()),
        retry_after: None,
    }
}

#[async_trait]
impl RemotePlatform for OtherSide {
    async fn list_versions(
        &self,
        _call: &RemoteCall,
        _url: &OcpiUrl,
    ) -> Result<Vec<Version>, RemoteError> {
        unreachable!("it is known what they serve")
    }

    async fn list_endpoints(
        &self,
        _call: &RemoteCall,
        _url: &OcpiUrl,
    ) -> Result<Vec<OfferedEndpoint>, RemoteError> {
        unreachable!("it is known what they serve")
    }

    async fn post_credentials(
        &self,
        _call: &RemoteCall,
        _url: &OcpiUrl,
        _ours: &Credentials,
    ) -> Result<Credentials, RemoteError> {
        unreachable!("nobody registers")
    }

    async fn put_credentials(
        &self,
        _call: &RemoteCall,
        _url: &OcpiUrl,
        _ours: &Credentials,
    ) -> Result<Credentials, RemoteError> {
        unreachable!("nobody registers")
    }

    async fn delete_credentials(
        &self,
        _call: &RemoteCall,
        _url: &OcpiUrl,
    ) -> Result<(), RemoteError> {
        unreachable!("nobody registers")
    }

    async fn put_token(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        token: &Token,
    ) -> Result<(), RemoteError> {
        self.arrive("put", call, endpoint, &token.key(), Some(token))
            .await
    }

    async fn patch_token(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        token: &Token,
    ) -> Result<(), RemoteError> {
        self.arrive("patch", call, endpoint, &token.key(), Some(token))
            .await
    }

    async fn list_tokens(
        &self,
        call: &RemoteCall,
        _endpoint: &OcpiUrl,
        owner: Option<Party>,
        page: &RemotePageRequest,
    ) -> Result<RemoteTokenPage, RemoteError> {
        let asked = AskedPage {
            at_ms: self.began.elapsed().as_millis(),
            owner,
            request: page.clone(),
            call: call.clone(),
        };
        let mut state = self.state.lock().unwrap();
        state.asked.push(asked.clone());
        (state.pages)(&asked)
    }

    async fn get_token(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        key: &TokenKey,
    ) -> Result<Option<Token>, RemoteError> {
        self.arrive("get", call, endpoint, key, None).await?;
        let state = self.state.lock().unwrap();
        Ok(state.copies.get(&(id_of(endpoint), key.clone())).cloned())
    }

    async fn authorize_token<'a>(
        &self,
        _call: &RemoteCall,
        _endpoint: &OcpiUrl,
        _uid: &TokenUid,
        _token_type: &TokenType,
        _location: Option<&'a LocationReferences>,
    ) -> Result<Option<RemoteAuthorization>, RemoteError> {
        unreachable!("nobody asks")
    }
}

/// The moment, so many milliseconds after the beginning.
pub(super) fn at(ms: i64) -> DateTime {
    crate::testing::now().plus_ms(ms)
}
