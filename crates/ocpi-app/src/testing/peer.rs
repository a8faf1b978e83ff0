//! The other side, as a test describes it.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ocpi_domain::{
    AllowedType, Credentials, CredentialsRole, CredentialsToken, InterfaceRole, LocationReferences,
    ModuleId, OcpiUrl, OcpiVersion, Party, Token, TokenKey, TokenType, TokenUid, Version,
};
use ocpi_ports::{
    OfferedEndpoint, RemoteAuthorization, RemoteCall, RemoteError, RemotePageRequest,
    RemotePlatform, RemoteTokenPage, TokenEncoding,
};

use super::{business, party};

/// Ends when so much of a paused time has passed.
pub(crate) async fn later(time: Duration) {
    let _ = tokio::time::timeout(time, std::future::pending::<()>()).await;
}

/// A request that was made.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// `versions`, `details`, `post`, `put`, `delete`, `put_token`, `get_token` or `authorize`.
    pub(crate) what: &'static str,
    pub(crate) call: RemoteCall,
    pub(crate) url: String,
    /// What we sent as our credentials.
    pub(crate) ours: Option<Credentials>,
}

/// A question about a Token, as it arrives.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) url: String,
    pub(crate) call: RemoteCall,
    pub(crate) uid: TokenUid,
    pub(crate) token_type: TokenType,
    pub(crate) location: Option<LocationReferences>,
}

/// What is said to a question.
pub(crate) type Said = Result<Option<RemoteAuthorization>, RemoteError>;

type Saying = Pin<Box<dyn Future<Output = Said> + Send>>;
type Answers = Arc<dyn Fn(&Question) -> Saying + Send + Sync>;

/// Questions that arrived, and how many were under way at once.
#[derive(Default)]
struct Questions {
    asked: Vec<Question>,
    in_flight: usize,
    in_flight_max: usize,
}

type Happening = Pin<Box<dyn Future<Output = ()> + Send>>;
type Hook = Arc<dyn Fn(&Request) -> Happening + Send + Sync>;

/// A platform at `https://peer.example`, which knows its tokens in one form each.
pub(crate) struct Peer {
    known: Mutex<Vec<(String, TokenEncoding)>>,
    versions: Mutex<Vec<Version>>,
    endpoints: Mutex<Vec<OfferedEndpoint>>,
    answer: Mutex<Credentials>,
    failures: Mutex<HashMap<&'static str, RemoteError>>,
    requests: Mutex<Vec<Request>>,
    hook: Mutex<Option<Hook>>,
    knows_cards_of: Mutex<Option<Party>>,
    answers: Mutex<Option<Answers>>,
    questions: Mutex<Questions>,
}

pub(crate) fn token(text: &str) -> CredentialsToken {
    CredentialsToken::new(text).unwrap()
}

pub(crate) fn url(text: &str) -> OcpiUrl {
    text.parse().unwrap()
}

/// The versions endpoint of the peer.
pub(crate) fn versions_url() -> OcpiUrl {
    url("https://peer.example/versions")
}

/// A party in its role, as a platform presents it.
pub(crate) fn presented(role: &str, name: &str) -> CredentialsRole {
    let party: Party = party(name);
    CredentialsRole {
        role: role.parse().unwrap(),
        business_details: business(name),
        party_id: party.party_id,
        country_code: party.country_code,
    }
}

/// The credentials of the peer, with that token.
pub(crate) fn credentials(text: &str, roles: &[(&str, &str)]) -> Credentials {
    Credentials {
        token: token(text),
        url: versions_url(),
        roles: roles
            .iter()
            .map(|(role, party)| presented(role, party))
            .collect(),
        hub: None,
    }
}

impl Peer {
    /// An eMSP of all versions that serves what we need, knows `text` in that form, and answers
    /// with the token `theirs-2`.
    pub(crate) fn knowing(text: &str, encoding: TokenEncoding) -> Arc<Peer> {
        let version = |number: OcpiVersion| Version {
            version: number.number(),
            url: url(&format!("https://peer.example/{number}")),
        };
        let endpoint = |module: ModuleId, role| OfferedEndpoint {
            url: url(&format!("https://peer.example/{module}")),
            identifier: module,
            role,
        };
        Arc::new(Peer {
            known: Mutex::new(vec![(text.to_owned(), encoding)]),
            versions: Mutex::new(OcpiVersion::ALL.map(version).to_vec()),
            endpoints: Mutex::new(vec![
                endpoint(ModuleId::Credentials, Some(InterfaceRole::Sender)),
                endpoint(ModuleId::Tokens, Some(InterfaceRole::Sender)),
            ]),
            answer: Mutex::new(credentials("theirs-2", &[("EMSP", "DE/EMS")])),
            failures: Mutex::default(),
            requests: Mutex::default(),
            hook: Mutex::default(),
            knows_cards_of: Mutex::default(),
            answers: Mutex::default(),
            questions: Mutex::default(),
        })
    }

    /// Knows that token, too.
    pub(crate) fn know(&self, text: &str, encoding: TokenEncoding) {
        self.known.lock().unwrap().push((text.to_owned(), encoding));
    }

    /// Knows that token no more.
    pub(crate) fn forget(&self, text: &str) {
        self.known
            .lock()
            .unwrap()
            .retain(|(known, _)| known != text);
    }

    /// Lists these versions.
    pub(crate) fn list(&self, numbers: &[&str]) {
        let version = |number: &&str| Version {
            version: number.parse().unwrap(),
            url: url(&format!("https://peer.example/{number}")),
        };
        *self.versions.lock().unwrap() = numbers.iter().map(version).collect();
    }

    /// Lists its details there.
    pub(crate) fn move_details(&self, to: &str) {
        for version in &mut *self.versions.lock().unwrap() {
            version.url = url(to);
        }
    }

    /// Lists these endpoints, each below its URL.
    pub(crate) fn serve(&self, endpoints: &[(&str, Option<InterfaceRole>)]) {
        let endpoint = |(module, role): &(&str, Option<InterfaceRole>)| OfferedEndpoint {
            identifier: module.parse().unwrap(),
            role: *role,
            url: url(&format!("https://peer.example/{module}")),
        };
        *self.endpoints.lock().unwrap() = endpoints.iter().map(endpoint).collect();
    }

    /// Answers with these credentials.
    pub(crate) fn answer(&self, theirs: Credentials) {
        *self.answer.lock().unwrap() = theirs;
    }

    /// Fails what is asked for so.
    pub(crate) fn fail(&self, what: &'static str, error: RemoteError) {
        self.failures.lock().unwrap().insert(what, error);
    }

    /// Works again.
    pub(crate) fn recover(&self) {
        self.failures.lock().unwrap().clear();
    }

    /// Does this in each request, before it answers.
    pub(crate) fn on_request<F>(&self, happens: impl Fn(&Request) -> F + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let hook: Hook = Arc::new(move |request| Box::pin(happens(request)));
        *self.hook.lock().unwrap() = Some(hook);
    }

    /// Knows every card of that eMSP.
    pub(crate) fn know_cards_of(&self, party: Party) {
        *self.knows_cards_of.lock().unwrap() = Some(party);
    }

    /// Says this to each question about a Token.
    pub(crate) fn say<F>(&self, says: impl Fn(&Question) -> F + Send + Sync + 'static)
    where
        F: Future<Output = Said> + Send + 'static,
    {
        let answers: Answers = Arc::new(move |question| Box::pin(says(question)));
        *self.answers.lock().unwrap() = Some(answers);
    }

    /// The questions that arrived.
    pub(crate) fn questions(&self) -> Vec<Question> {
        self.questions.lock().unwrap().asked.clone()
    }

    /// How many questions were under way at once, at most.
    pub(crate) fn questions_in_flight_max(&self) -> usize {
        self.questions.lock().unwrap().in_flight_max
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// What was asked, with which token in which form.
    pub(crate) fn asked(&self) -> Vec<String> {
        let requests = self.requests();
        let text = |request: &Request| {
            let Request { what, call, .. } = request;
            let form = match call.encoding {
                TokenEncoding::Base64 => "base64",
                TokenEncoding::Raw => "raw",
            };
            format!("{what} {} {form}", call.token.expose())
        };
        requests.iter().map(text).collect()
    }

    async fn request(
        &self,
        what: &'static str,
        call: &RemoteCall,
        url: &OcpiUrl,
        ours: Option<&Credentials>,
    ) -> Result<(), RemoteError> {
        let request = Request {
            what,
            call: call.clone(),
            url: url.to_string(),
            ours: ours.cloned(),
        };
        self.requests.lock().unwrap().push(request.clone());
        let hook = self.hook.lock().unwrap().clone();
        if let Some(hook) = hook {
            hook(&request).await;
        }
        let presented = (call.token.expose().to_owned(), call.encoding);
        if !self.known.lock().unwrap().contains(&presented) {
            return Err(RemoteError::Unauthorized {
                url: url.to_string(),
                message: None,
            });
        }
        match self.failures.lock().unwrap().get(what) {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }
}

/// An answer that was lost.
pub(crate) fn timed_out() -> RemoteError {
    RemoteError::TimedOut {
        url: "https://peer.example".to_owned(),
        timeout_ms: 10_000,
    }
}

/// An answer that is none that we hoped for.
pub(crate) fn refused() -> RemoteError {
    RemoteError::Refused {
        url: "https://peer.example".to_owned(),
        http: 200,
        code: Some(3001),
        message: Some("no".to_owned()),
        retry_after: None,
    }
}

#[async_trait]
impl RemotePlatform for Peer {
    async fn list_versions(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
    ) -> Result<Vec<Version>, RemoteError> {
        self.request("versions", call, url, None).await?;
        Ok(self.versions.lock().unwrap().clone())
    }

    async fn list_endpoints(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
    ) -> Result<Vec<OfferedEndpoint>, RemoteError> {
        self.request("details", call, url, None).await?;
        Ok(self.endpoints.lock().unwrap().clone())
    }

    async fn post_credentials(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
        ours: &Credentials,
    ) -> Result<Credentials, RemoteError> {
        self.request("post", call, url, Some(ours)).await?;
        Ok(self.answer.lock().unwrap().clone())
    }

    async fn put_credentials(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
        ours: &Credentials,
    ) -> Result<Credentials, RemoteError> {
        self.request("put", call, url, Some(ours)).await?;
        Ok(self.answer.lock().unwrap().clone())
    }

    async fn delete_credentials(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
    ) -> Result<(), RemoteError> {
        self.request("delete", call, url, None).await
    }

    async fn put_token(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        _token: &Token,
    ) -> Result<(), RemoteError> {
        self.request("put_token", call, endpoint, None).await
    }

    async fn patch_token(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        _token: &Token,
    ) -> Result<(), RemoteError> {
        self.request("patch_token", call, endpoint, None).await
    }

    async fn list_tokens(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        _owner: Option<Party>,
        _page: &RemotePageRequest,
    ) -> Result<RemoteTokenPage, RemoteError> {
        self.request("list_tokens", call, endpoint, None).await?;
        Ok(RemoteTokenPage {
            url: endpoint.clone(),
            tokens: Vec::new(),
            left_out: 0,
            left_out_reason: None,
            next_fault: None,
            next: None,
            total: None,
        })
    }

    async fn get_token(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        _key: &TokenKey,
    ) -> Result<Option<Token>, RemoteError> {
        self.request("get_token", call, endpoint, None).await?;
        Ok(None)
    }

    async fn authorize_token<'a>(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        uid: &TokenUid,
        token_type: &TokenType,
        location: Option<&'a LocationReferences>,
    ) -> Result<Option<RemoteAuthorization>, RemoteError> {
        let answers = self.answers.lock().unwrap().clone();
        if let Some(answers) = answers {
            let question = Question {
                url: endpoint.to_string(),
                call: call.clone(),
                uid: uid.clone(),
                token_type: token_type.clone(),
                location: location.cloned(),
            };
            let _under_way = UnderWay::new(&self.questions, &question);
            return answers(&question).await;
        }
        self.request("authorize", call, endpoint, None).await?;
        let to = call.routing.map(|routing| routing.to);
        let knows = self
            .knows_cards_of
            .lock()
            .unwrap()
            .is_some_and(|of| to == Some(Some(of)));
        Ok(knows.then_some(RemoteAuthorization {
            allowed: AllowedType::Allowed,
            status: None,
            location: None,
            authorization_reference: None,
            info: None,
            token: None,
        }))
    }
}

/// A question under way, as long as somebody waits for it.
struct UnderWay<'a>(&'a Mutex<Questions>);

impl<'a> UnderWay<'a> {
    fn new(questions: &'a Mutex<Questions>, question: &Question) -> UnderWay<'a> {
        let mut all = questions.lock().unwrap();
        all.asked.push(question.clone());
        all.in_flight += 1;
        all.in_flight_max = all.in_flight_max.max(all.in_flight);
        UnderWay(questions)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.lock().unwrap().in_flight -= 1;
    }
}
