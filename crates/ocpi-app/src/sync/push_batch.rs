//! A batch of Tokens on its way to one CPO.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use ocpi_domain::{PushTokens, Revision, Token, TokenKey};

use super::trouble::{Failure, Verdict};
use crate::app::App;
use crate::outbound::{OutboundError, TokenSent, TokensOfCpo};

/// So many failures in a row end a batch, even where fewer Tokens are under way at once.
const FAILURES_MAX: usize = 3;

/// A Token that is to be sent.
#[derive(Debug)]
pub(super) struct Item {
    /// As the CPO gets it.
    pub(super) token: Arc<Token>,
    /// As it is stored.
    pub(super) key: TokenKey,
    pub(super) revision: Revision,
}

/// A Token that was sent.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) item: Item,
    pub(super) outcome: Outcome,
}

/// What came of a Token.
#[derive(Debug)]
pub(super) enum Outcome {
    Taken,
    /// The CPO will not have it.
    Refused(String),
    /// The CPO failed, perhaps with this Token only; it may have taken it.
    Failed(Failure),
    /// The CPO fails whatever is sent.
    FailedWhole(Failure),
}

impl App {
    /// Sends each of the Tokens once, some at a time; those that were sent, each with what came of
    /// it. When the CPO fails too often in a row the others are not sent. Answers when no request
    /// is under way any more.
    pub(super) async fn send_all(&self, cpo: &TokensOfCpo, items: Vec<Item>) -> Vec<Sent> {
        let in_flight_max = self.options.sync.push_in_flight_max.max(1);
        let mut all = Vec::with_capacity(items.len());
        let mut waiting = items.into_iter();
        let mut under_way = FuturesUnordered::new();
        let mut failed_in_a_row = 0;
        let mut fails = false;
        loop {
            while !fails && under_way.len() < in_flight_max {
                let Some(item) = waiting.next() else { break };
                under_way.push(self.send_item(cpo, item));
            }
            let Some((item, verdict)) = under_way.next().await else {
                return all;
            };
            let outcome = match verdict {
                Ok(()) => Outcome::Taken,
                Err(Verdict::Refused(reason)) => Outcome::Refused(reason),
                Err(Verdict::Failed(failure)) => {
                    failed_in_a_row += 1;
                    fails |= failed_in_a_row >= in_flight_max.max(FAILURES_MAX);
                    Outcome::Failed(failure)
                }
                Err(Verdict::FailedWhole(failure)) => {
                    fails = true;
                    Outcome::FailedWhole(failure)
                }
            };
            if matches!(outcome, Outcome::Taken | Outcome::Refused(_)) {
                failed_in_a_row = 0;
            }
            all.push(Sent { item, outcome });
        }
    }

    async fn send_item(&self, cpo: &TokensOfCpo, item: Item) -> (Item, Result<(), Verdict>) {
        let verdict = match cpo.stored().platform.profile.push_tokens {
            PushTokens::Patch => self.patch_or_put(cpo, &item.token).await,
            PushTokens::Put | PushTokens::Off => self.put(cpo, &item.token).await,
        };
        (item, verdict)
    }

    async fn put(&self, cpo: &TokensOfCpo, token: &Token) -> Result<(), Verdict> {
        let put = self.send_token(cpo, TokenSent::Put, token);
        put.await.map_err(Verdict::of)
    }

    /// Patches the Token; where that is refused, looks what the CPO has, and puts it whole unless
    /// it has just that. What it does not show it does not have.
    async fn patch_or_put(&self, cpo: &TokensOfCpo, token: &Token) -> Result<(), Verdict> {
        let patched = self.send_token(cpo, TokenSent::Patched, token).await;
        match patched.map_err(Verdict::of) {
            Err(Verdict::Refused(reason)) => {
                let platform = &cpo.stored().platform.id;
                tracing::debug!(%platform, token = %token.key(), "a PATCH was refused: {reason}");
            }
            done => return done,
        }
        let copy: Result<Option<Token>, OutboundError> =
            self.copy_of_token(cpo, &token.key()).await;
        match copy.map_err(Verdict::of) {
            Ok(Some(copy)) if copy.is_identical(token) => Ok(()),
            Ok(_) | Err(Verdict::Refused(_)) => self.put(cpo, token).await,
            Err(failed) => Err(failed),
        }
    }
}
