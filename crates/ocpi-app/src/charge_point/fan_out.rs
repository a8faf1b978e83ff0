//! Several eMSPs asked at once about one card.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use ocpi_domain::authorization::ocpp::CpoOutcome;
use ocpi_domain::{AllowedType, DecisionSource, PlatformId};

use super::ask::{Inquiry, Upstream};
use super::asked::Asked;
use super::breakers::not_asked;
use super::judge::judge;
use super::reply::{Answer, Reply};
use super::verdict::Verdict;
use crate::app::App;
use crate::outbound::Recipient;

/// So many eMSPs that gave no answer are named in a reason.
const NAMED_MAX: usize = 3;

/// What they said.
#[derive(Default)]
pub(super) struct Heard {
    allowed: Option<Verdict>,
    /// The first refusal of one that knows the card.
    refused: Option<Verdict>,
    /// The first refusal of one that may not know it.
    pub(super) doubted: Option<Verdict>,
    /// Who knows the card, and as whom it was asked.
    pub(super) knew: Option<(PlatformId, Recipient)>,
    /// Who does not.
    unknown: Vec<PlatformId>,
    /// Who gave no answer, or none that can be used, and why.
    pub(super) silent: Vec<(PlatformId, String)>,
}

impl App {
    /// Asks them all, in parallel, until one allows it; as many at once as there are places.
    pub(super) async fn fan_out(
        self: &Arc<Self>,
        asked: &Asked,
        inquiries: Vec<Inquiry>,
        heard: &mut Heard,
    ) {
        let breakers = &self.charge_points.breakers;
        let is_healthy = |inquiry: &Inquiry| breakers.is_closed(inquiry.id());
        let (healthy, others): (Vec<_>, Vec<_>) = inquiries.into_iter().partition(is_healthy);
        // Those that may be silent take no place before those that are not.
        let questions = healthy.into_iter().chain(others).map(|inquiry| async move {
            let upstream = self.inquire_in_turn(asked, &inquiry).await;
            (inquiry, upstream)
        });
        let mut replies: FuturesUnordered<_> = questions.collect();
        while let Some((inquiry, upstream)) = replies.next().await {
            heard.hear(asked, &inquiry, &upstream);
            if heard.allowed.is_some() {
                break;
            }
        }
    }

    /// Asks, when there is a place among the questions about unknown cards.
    pub(super) async fn inquire_in_turn(
        self: &Arc<Self>,
        asked: &Asked,
        inquiry: &Inquiry,
    ) -> Upstream {
        // That needs no place.
        if let Some(upstream) = self.inquire_as_before(asked, inquiry).await {
            return upstream;
        }
        let (points, id) = (&self.charge_points, inquiry.id());
        if points.breakers.would_refuse(id, self.elapsed_us()) {
            let reason = not_asked(id, &points.breakers.view(id));
            return Upstream::no_answer(id, reason);
        }
        let turn = Arc::clone(&points.fan_out_places).acquire_owned();
        if let Ok(Ok(place)) = tokio::time::timeout(self.time_left(asked), turn).await {
            return self.inquire(asked, inquiry.clone(), Some(place)).await;
        }
        let max = self.options.charge_point.fan_out_in_flight_max;
        let reason = format!(
            "{id} was not asked in time: {max} questions about unknown cards were under way, which \
             is fan_out_in_flight_max"
        );
        Upstream::no_answer(id, reason)
    }
}

/// Whether who answers so knows the card. A `NOT_ALLOWED` alone is what some say of every card that
/// is not theirs.
pub(super) fn knows_card(answer: &Answer) -> bool {
    answer.token.is_some() || answer.said.allowed != AllowedType::NotAllowed
}

impl Heard {
    /// That was said to the question.
    pub(super) fn hear(&mut self, asked: &Asked, inquiry: &Inquiry, upstream: &Upstream) {
        let id = &upstream.platform;
        match &*upstream.reply {
            Reply::Answered(answer) => {
                let verdict = Verdict {
                    token_type: Some(inquiry.token_type.clone()),
                    ..judge(asked, upstream, DecisionSource::FanOut)
                };
                let is_allowed = verdict.allowed() == AllowedType::Allowed;
                let knows = knows_card(answer);
                if is_allowed || knows && self.knew.is_none() {
                    self.knew = Some((id.clone(), inquiry.to));
                }
                let kept = match (is_allowed, knows) {
                    (true, _) => &mut self.allowed,
                    (false, true) => &mut self.refused,
                    (false, false) => &mut self.doubted,
                };
                kept.get_or_insert(verdict);
            }
            Reply::Unknown => self.unknown.push(id.clone()),
            Reply::Unusable(why) | Reply::NoAnswer(why) => {
                self.silent.push((id.clone(), why.clone()));
            }
        }
    }

    /// What it comes to, where `refused` is what an eMSP hosted here said before.
    pub(super) fn into_verdict(self, refused: Option<Verdict>) -> Verdict {
        let said = self.allowed.or(refused).or(self.refused);
        if let Some(verdict) = said.or(self.doubted) {
            return verdict;
        }
        let asked = self.unknown.len() + self.silent.len();
        if self.silent.is_empty() {
            let reason = match self.unknown.as_slice() {
                [only] => format!("{only} does not know the card"),
                all => format!("none of the {} eMSPs asked knows the card", all.len()),
            };
            return Verdict::new(CpoOutcome::UnknownToken, DecisionSource::FanOut, reason);
        }
        let silent = self.silent.iter().take(NAMED_MAX);
        let mut named: Vec<String> = silent.map(|(id, why)| format!("{id}: {why}")).collect();
        if self.silent.len() > NAMED_MAX {
            named.push(format!("and {} more", self.silent.len() - NAMED_MAX));
        }
        let reason = format!(
            "the card is not known here, and {} of {asked} eMSPs asked gave no answer ({})",
            self.silent.len(),
            named.join("; ")
        );
        Verdict::new(CpoOutcome::NoAnswer, DecisionSource::Offline, reason)
    }
}
