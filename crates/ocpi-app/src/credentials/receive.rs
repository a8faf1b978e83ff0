//! A platform registers with us, replaces its credentials, or leaves.
//!
//! Spec: 2.3.0 credentials, POST, PUT and DELETE method.

use ocpi_domain::{Credentials, CredentialsToken, CredentialsUse, Platform, PlatformId};
use ocpi_ports::{Connection, PlatformList, StoredPlatform, TokenEncoding, TokenHash};

use super::CredentialsError;
use super::callback::Seen;
use super::issue::IssuedToken;
use super::party_claims::PartyClaims;
use super::presented::{good_token, live_token, succeeded};
use crate::access::RequestContext;
use crate::app::App;
use crate::deadline::in_time;
use crate::metrics::{Direction, Handshake};
use crate::platform_update::find;
use crate::root::Root;

const BUSY: &str = "a handshake that we began with this connection is under way; send this again \
    when it is over";
const NOT_REGISTERED: &str = "this connection is not registered yet: POST your credentials first";
const REGISTERED: &str = "this connection is registered: send PUT to replace your credentials, or \
    DELETE and ask for a new token to register with";
const USED: &str = "this token was registered with, or has expired; ask for a new one";
const GONE: &str = "this connection has ended or has another token meanwhile";

/// What a platform sends to register, or in place of what it sent before.
#[derive(Debug)]
pub struct CredentialsRequest<'a> {
    /// Who sends it; its version is that of the URL.
    pub context: &'a RequestContext,
    /// The root of the URL.
    pub root: Root,
    /// What it presented.
    pub presented: &'a CredentialsToken,
    /// In which form it presented it: the likelier form for our calls to it.
    pub encoding: TokenEncoding,
    /// Its credentials.
    pub offered: Credentials,
}

impl App {
    /// Registers the platform: looks at its versions with its token, stores it, and gives it the
    /// token that it presents from now on.
    ///
    /// # Errors
    ///
    /// [`CredentialsError`]; nothing was changed then, unless it is
    /// [`Storage`](CredentialsError::Storage): a store that hangs may still do it.
    pub async fn register_platform(
        &self,
        request: CredentialsRequest<'_>,
    ) -> Result<Credentials, CredentialsError> {
        self.receive(&request, Handshake::Register).await
    }

    /// Replaces the platform's credentials and ours, in the version of the URL. What it presented
    /// so far stays good until the first use of what it gets, and 5 minutes at most.
    ///
    /// # Errors
    ///
    /// [`CredentialsError`]; nothing was changed then, unless it is
    /// [`Storage`](CredentialsError::Storage): a store that hangs may still do it.
    pub async fn replace_credentials(
        &self,
        request: CredentialsRequest<'_>,
    ) -> Result<Credentials, CredentialsError> {
        self.receive(&request, Handshake::Rotate).await
    }

    /// Whether the caller may register, before its body is read.
    ///
    /// # Errors
    ///
    /// [`CredentialsError::WrongState`].
    pub fn require_unregistered(&self, context: &RequestContext) -> Result<(), CredentialsError> {
        self.require_state(Handshake::Register, context)
    }

    /// Whether the caller may replace its credentials, before its body is read.
    ///
    /// # Errors
    ///
    /// [`CredentialsError::WrongState`].
    pub fn require_registered(&self, context: &RequestContext) -> Result<(), CredentialsError> {
        self.require_state(Handshake::Rotate, context)
    }

    /// Ends the registration: neither side can prove itself any more. `presented` is what the
    /// platform presented.
    ///
    /// # Errors
    ///
    /// [`CredentialsError`]; nothing was changed then, unless it is
    /// [`Storage`](CredentialsError::Storage): a store that hangs may still do it.
    pub async fn unregister_platform(
        &self,
        context: &RequestContext,
        presented: &CredentialsToken,
    ) -> Result<(), CredentialsError> {
        let done = self.forget(context, presented).await;
        let told = done.as_ref().map(|()| None);
        self.report_received(context, Handshake::Unregister, told);
        done
    }

    async fn forget(
        &self,
        context: &RequestContext,
        presented: &CredentialsToken,
    ) -> Result<(), CredentialsError> {
        let id = &context.caller.platform.id;
        self.require_state(Handshake::Unregister, context)?;
        let presented = self.ports.credentials_hash.hash(presented);
        let forgotten = self.update_platform(|list| {
            let stored = find(list, id).ok_or(CredentialsError::WrongState(GONE))?;
            self.require_no_handshake(id)?;
            let good_for = good_token(&stored.tokens, presented, self.now());
            if !good_for.is_some_and(CredentialsUse::opens_modules) {
                return Err(CredentialsError::WrongState(GONE));
            }
            Ok::<_, CredentialsError>(unregistered(stored))
        });
        in_time(forgotten).await.map(|_| ())
    }

    async fn receive(
        &self,
        request: &CredentialsRequest<'_>,
        handshake: Handshake,
    ) -> Result<Credentials, CredentialsError> {
        let done = self.exchange(request, handshake).await;
        let told = done.as_ref().map(|issued| Some(issued.presented.hash));
        self.report_received(request.context, handshake, told);
        let token = done?.token;
        Ok(self.our_credentials(request.context, request.root, token))
    }

    /// Everything between the request and its answer: the token that the platform gets.
    async fn exchange(
        &self,
        request: &CredentialsRequest<'_>,
        handshake: Handshake,
    ) -> Result<IssuedToken, CredentialsError> {
        let CredentialsRequest {
            context, offered, ..
        } = request;
        self.require_state(handshake, context)?;
        self.hosting.require_versions_of_another(&offered.url)?;
        let claims = PartyClaims::of(offered)?;
        let received = Received {
            app: self,
            handshake,
            id: &context.caller.platform.id,
            presented: self.ports.credentials_hash.hash(request.presented),
            claims: &claims,
        };
        let _place = self
            .look_backs
            .enter(received.id, self.look_back_max())
            .await?;
        // What can be refused now need not be called for. What holds now may not hold later.
        let known = in_time(self.ports.platforms.list_platforms()).await?;
        let seen = self
            .look_back(request, &claims, received.check(&known)?)
            .await?;
        let issued = self.issue_token(CredentialsUse::Live);
        let connection = Connection {
            versions_url: offered.url.clone(),
            sealed_token: self.seal_for(received.id, &offered.token),
            served: Some(seen.served.clone()),
            presented: offered.roles.clone(),
            connected_at: self.now(),
        };
        let written = self.update_platform(|list| {
            let stored = received.check(list)?;
            let hash = issued.presented.hash;
            Ok::<_, CredentialsError>(received.replaced(stored, hash, &connection, &seen))
        });
        in_time(written).await?;
        Ok(issued)
    }

    /// Checks that the connection is in a state for it.
    fn require_state(
        &self,
        handshake: Handshake,
        context: &RequestContext,
    ) -> Result<(), CredentialsError> {
        let caller = &context.caller;
        self.require_no_handshake(&caller.platform.id)?;
        let refused = match (caller.credentials, handshake) {
            (
                CredentialsUse::Offered {
                    replaces: false, ..
                },
                _,
            ) => BUSY,
            // An offer of ours that the platform took, though its answer never came: by a PUT of
            // its own both sides agree again.
            (
                CredentialsUse::Live
                | CredentialsUse::Former { .. }
                | CredentialsUse::Offered { replaces: true, .. },
                Handshake::Rotate | Handshake::Unregister,
            )
            | (CredentialsUse::Registration { .. }, Handshake::Register) => return Ok(()),
            (CredentialsUse::Registration { .. }, _) => NOT_REGISTERED,
            (_, Handshake::Register) => REGISTERED,
        };
        Err(CredentialsError::WrongState(refused))
    }

    /// Checks that we have not begun a handshake with the platform ourselves.
    fn require_no_handshake(&self, id: &PlatformId) -> Result<(), CredentialsError> {
        if self.handshakes.is_running(id) {
            return Err(CredentialsError::WrongState(BUSY));
        }
        Ok(())
    }

    /// One count and one line in the log for what a platform asked of us.
    fn report_received(
        &self,
        context: &RequestContext,
        handshake: Handshake,
        done: Result<Option<TokenHash>, &CredentialsError>,
    ) {
        let outcome = match done {
            Ok(_) => "done",
            Err(CredentialsError::Storage(_)) => "failed",
            Err(_) => "refused",
        };
        self.metrics
            .shook_hands(Direction::Received, handshake, outcome);
        let platform = &context.caller.platform.id;
        let (version, request_id) = (context.version, &context.request_id);
        let handshake = handshake.as_str();
        match done {
            Ok(issued) => tracing::info!(
                target: "ocpi::credentials",
                %platform, %version, %request_id, handshake,
                token_hash = issued.map(tracing::field::debug),
                "a platform exchanged credentials with us",
            ),
            Err(error) => tracing::warn!(
                target: "ocpi::credentials",
                %platform, %version, %request_id, handshake,
                cause = std::error::Error::source(error).map(tracing::field::display),
                "a platform's credentials were refused: {error}",
            ),
        }
    }
}

/// A request to exchange credentials, and what it takes to grant it.
struct Received<'a> {
    app: &'a App,
    handshake: Handshake,
    id: &'a PlatformId,
    /// The hash of what it presented.
    presented: TokenHash,
    claims: &'a PartyClaims,
}

impl Received<'_> {
    /// Checks the request against the platforms as they are; the platform that sent it.
    fn check<'a>(&self, list: &'a PlatformList) -> Result<&'a StoredPlatform, CredentialsError> {
        self.app.require_no_handshake(self.id)?;
        let stored = find(list, self.id).ok_or(CredentialsError::WrongState(GONE))?;
        let good_for = good_token(&stored.tokens, self.presented, self.app.now());
        let is_registration = matches!(good_for, Some(CredentialsUse::Registration { .. }));
        match self.handshake {
            Handshake::Register if !is_registration => {
                return Err(CredentialsError::WrongState(USED));
            }
            Handshake::Rotate if !good_for.is_some_and(CredentialsUse::opens_modules) => {
                return Err(CredentialsError::WrongState(GONE));
            }
            Handshake::Register | Handshake::Rotate | Handshake::Unregister => {}
        }
        self.app.check_claims(&stored.platform, self.claims, list)?;
        Ok(stored)
    }

    /// The platform as it is once it has the token of that hash.
    fn replaced(
        &self,
        stored: &StoredPlatform,
        issued: TokenHash,
        connection: &Connection,
        seen: &Seen,
    ) -> StoredPlatform {
        let mut profile = stored.platform.profile;
        if let Some(learned) = seen.auth_encoding {
            profile.auth_encoding = learned;
        }
        let platform = Platform {
            roles: self.claims.roles.clone(),
            hub: self.claims.hub,
            profile,
            ..Platform::clone(&stored.platform)
        };
        let mut connection = connection.clone();
        if let (Handshake::Rotate, Some(former)) = (self.handshake, &stored.connection) {
            connection.connected_at = former.connected_at;
        }
        StoredPlatform {
            tokens: match self.handshake {
                Handshake::Rotate => succeeded(&stored.tokens, issued, self.app.now()),
                Handshake::Register | Handshake::Unregister => vec![live_token(issued)],
            },
            connection: Some(connection),
            ..StoredPlatform::new(platform)
        }
    }
}

/// The platform when it left: who it was stays on record.
pub(crate) fn unregistered(stored: &StoredPlatform) -> StoredPlatform {
    StoredPlatform {
        tokens: Vec::new(),
        connection: None,
        ..stored.clone()
    }
}
