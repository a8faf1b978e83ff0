//! One question to one platform.

use std::sync::Arc;
use std::time::Duration;

use ocpi_domain::{LocationReferences, MessageId, Party, PlatformId, TokenType, TokenUid};
use ocpi_ports::StoredPlatform;
use tokio::sync::OwnedSemaphorePermit;

use super::asked::Asked;
use super::breakers::Pass;
use super::directory::Directory;
use super::flights::{Flight, FlightKey};
use super::reply::{Reply, believed_token};
use crate::app::App;
use crate::outbound::{Recipient, TokenQuestion};

/// Whom to ask, and about what.
#[derive(Clone)]
pub(super) struct Inquiry {
    pub(super) platform: Arc<StoredPlatform>,
    /// The platforms, as they were when it was decided to ask: the answer is judged by them, too.
    pub(super) directory: Arc<Directory>,
    pub(super) to: Recipient,
    pub(super) uid: TokenUid,
    pub(super) token_type: TokenType,
}

/// What came of it.
pub(super) struct Upstream {
    pub(super) platform: PlatformId,
    /// That of the requests, if there were any.
    pub(super) correlation_id: Option<MessageId>,
    pub(super) reply: Arc<Reply>,
}

/// A question on its own way: nobody needs to wait for it.
struct Journey {
    inquiry: Inquiry,
    location: LocationReferences,
    cpo: Party,
    correlation_id: MessageId,
    pass: Pass,
    /// Its place among the questions about unknown cards.
    _place: Option<OwnedSemaphorePermit>,
}

impl Inquiry {
    pub(super) fn key(&self, asked: &Asked) -> FlightKey {
        FlightKey {
            platform: self.platform.platform.id.clone(),
            to: self.to,
            cpo: asked.cpo,
            uid: self.uid.clone(),
            token_type: self.token_type.clone(),
            location_id: asked.location.location_id.clone(),
            evse_uid: asked.request.evse_uid.clone(),
        }
    }

    pub(super) fn id(&self) -> &PlatformId {
        &self.platform.platform.id
    }
}

impl Upstream {
    pub(super) fn no_answer(platform: &PlatformId, reason: String) -> Upstream {
        Upstream {
            platform: platform.clone(),
            correlation_id: None,
            reply: Arc::new(Reply::NoAnswer(reason)),
        }
    }
}

impl App {
    /// Asks, unless the platform is known to be silent or the same was asked a moment ago, and waits
    /// for the answer as long as the budget lets it. What is asked goes on when nobody waits.
    pub(super) async fn inquire(
        self: &Arc<Self>,
        asked: &Asked,
        inquiry: Inquiry,
        place: Option<OwnedSemaphorePermit>,
    ) -> Upstream {
        let id = inquiry.id().clone();
        let max = self.question_time(&inquiry.platform);
        let may_wait = self.charge_points.breakers.is_closed(&id);
        let key = inquiry.key(asked);
        let now_us = self.elapsed_us();
        let mut goes_alone = false;
        let flight = self.charge_points.flights.join(key, now_us, may_wait, || {
            let pass = self.admit(&id)?;
            goes_alone = pass.goes_alone;
            let correlation_id = self.new_message_id();
            let journey = Journey {
                inquiry,
                location: asked.location.clone(),
                cpo: asked.cpo,
                correlation_id: correlation_id.clone(),
                pass,
                _place: place,
            };
            let task = tokio::spawn(Arc::clone(self).travel(journey));
            Ok(Flight::new(now_us, correlation_id, task))
        });
        match flight {
            Ok(_) if goes_alone => {
                let reason = format!("{id} gave no answers, and is being tried again just now");
                Upstream::no_answer(&id, reason)
            }
            Ok(flight) => self.wait(asked, &id, flight, max).await,
            Err(reason) => Upstream::no_answer(&id, reason),
        }
    }

    /// What the same question comes to that was asked a moment ago, if it was; nothing is asked.
    pub(super) async fn inquire_as_before(
        &self,
        asked: &Asked,
        inquiry: &Inquiry,
    ) -> Option<Upstream> {
        let (points, id) = (&self.charge_points, inquiry.id());
        let may_wait = points.breakers.is_closed(id);
        let key = inquiry.key(asked);
        let flight = points.flights.find(&key, self.elapsed_us(), may_wait)?;
        let max = self.question_time(&inquiry.platform);
        Some(self.wait(asked, id, flight, max).await)
    }

    async fn wait(
        &self,
        asked: &Asked,
        id: &PlatformId,
        flight: Flight,
        max: Duration,
    ) -> Upstream {
        let max = max.min(self.time_left(asked));
        let reply = tokio::time::timeout(max, flight.reply).await;
        let reply = reply.unwrap_or_else(|_| {
            let ms = max.as_millis();
            Arc::new(Reply::NoAnswer(format!(
                "{id} did not answer within {ms} ms"
            )))
        });
        Upstream {
            platform: id.clone(),
            correlation_id: Some(flight.correlation_id),
            reply,
        }
    }

    /// The question itself, in a task of its own.
    async fn travel(self: Arc<Self>, journey: Journey) -> Arc<Reply> {
        let Journey {
            inquiry,
            location,
            cpo,
            correlation_id,
            pass,
            _place,
        } = journey;
        let id = inquiry.id();
        let question = TokenQuestion {
            uid: &inquiry.uid,
            token_type: &inquiry.token_type,
            location: Some(&location),
            to: inquiry.to,
            from: Some(cpo),
            timeout: self.question_time(&inquiry.platform),
            correlation_id: Some(&correlation_id),
        };
        let mut said = self.ask_about_token(id, &question).await;
        if let (Ok(Some(said)), Recipient::Party(emsp)) = (&mut said, inquiry.to) {
            // 2.1.1 names nobody, and yet there is one only.
            said.by = Some(emsp);
        }
        let mut sent = None;
        let (reply, ended) = Reply::of(said, |said| {
            let of = (&*inquiry.platform, &*inquiry.directory, &self.hosting);
            let token = believed_token(said, (&inquiry.uid, &inquiry.token_type), of)?;
            sent = said
                .authorization
                .token
                .clone()
                .map(|token| (token, said.version));
            Some(token)
        });
        if pass.end(&ended) {
            self.charge_points.metrics.questioned(id, reply.as_str());
        }
        if let Some((mut token, version)) = sent {
            // It may be shown under another type than its own.
            token.token_type = inquiry.token_type;
            tokio::spawn(Arc::clone(&self).learn_token(token, version));
        }
        Arc::new(reply)
    }
}
