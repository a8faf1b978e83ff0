//! What goes wrong with a request, and how its answer looks then.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Response};

use super::whole;
use crate::answer::{self, Answer, Status};
use crate::faults::{FaultKind, FaultRule};
use crate::request::{RequestKind, Target};
use crate::shared::{Shared, lock};

/// What goes wrong with a request.
#[derive(Clone, Copy)]
pub(super) struct Fault {
    pub(super) rule: FaultRule,
    /// It is of the one half, in the words of [`FaultKind`].
    is_half: bool,
}

/// What goes wrong with a request, by the dice for it. Where in time a list begins is not a part of
/// what is rolled for: it is another moment in each run.
pub(super) fn of(
    shared: &Shared,
    kind: RequestKind,
    method: &Method,
    path: &str,
    target: &Target<'_>,
) -> Option<Fault> {
    let module = kind.module()?;
    let faults = lock(&shared.faults).clone();
    if faults.rules().is_empty() {
        return None;
    }
    let offset = target.parameter("offset").unwrap_or_default();
    let roll = shared.roll(&format!("{method} {path} {offset}"));
    Some(Fault {
        rule: faults.of(module, roll)?,
        is_half: roll.second < 0.5,
    })
}

impl Fault {
    /// Answers as it says a request that `respond` would do; `None` breaks the connection off.
    pub(super) async fn answer<F, Answering>(
        self,
        shared: &Shared,
        respond: F,
    ) -> Option<Response<Full<Bytes>>>
    where
        F: FnOnce() -> Answering,
        Answering: Future<Output = Answer>,
    {
        let Fault { rule, is_half } = self;
        let value = u16::try_from(rule.value).unwrap_or(u16::MAX);
        let refused = |status| Answer::refused(status, "out of order");
        match rule.kind {
            FaultKind::Slow => {
                tokio::time::sleep(Duration::from_millis(rule.value.into())).await;
                Some(whole(shared, &respond().await))
            }
            FaultKind::TooMany => {
                let answer = Answer::refused(Status::TOO_MANY, "too many requests")
                    .with_header("retry-after", rule.value.to_string());
                Some(whole(shared, &answer))
            }
            FaultKind::Html => Some(answer::page(is_half)),
            FaultKind::WrongStatus => Some(whole(shared, &refused(Status::of(200, value)))),
            FaultKind::Truncated => {
                let answer = respond().await;
                let mut body = answer.body(shared.now());
                body.truncate(body.len() / 2);
                Some(answer.response(body))
            }
            FaultKind::Hang => {
                done_by_half(is_half, respond).await;
                shared.done.notify_waiters();
                std::future::pending().await
            }
            FaultKind::Reset => {
                done_by_half(is_half, respond).await;
                None
            }
            FaultKind::Error5xx => {
                done_by_half(is_half, respond).await;
                Some(whole(shared, &refused(Status::broken(value))))
            }
        }
    }
}

/// Does what was asked in one half of the cases, and tells nobody.
async fn done_by_half<F, Answering>(is_half: bool, respond: F)
where
    F: FnOnce() -> Answering,
    Answering: Future<Output = Answer>,
{
    if is_half {
        respond().await;
    }
}
