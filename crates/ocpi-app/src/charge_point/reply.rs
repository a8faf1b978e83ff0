//! What a platform said to a question, sorted by what a CPO does then.

use ocpi_domain::{Party, TokenType, TokenUid};
use ocpi_ports::{RemoteAuthorization, RemoteError, StoredPlatform};

use super::ChargedToken;
use super::breaker::Ended;
use super::directory::Directory;
use crate::hosting::Hosting;
use crate::outbound::{OutboundError, SaidOfToken};

/// What came of a question.
#[derive(Debug)]
pub(super) enum Reply {
    /// An answer, whatever it says.
    Answered(Box<Answer>),
    /// It does not know the Token.
    Unknown,
    /// Something that is no answer, and no silence; what it was.
    Unusable(String),
    /// Nothing, and why.
    NoAnswer(String),
}

/// An answer that can be read.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) said: RemoteAuthorization,
    /// The eMSP that was asked, when it is known which.
    pub(super) by: Option<Party>,
    /// The Token that came with it, when it is the one that was asked about, of an eMSP for which
    /// the platform speaks.
    pub(super) token: Option<ChargedToken>,
}

impl Reply {
    /// What came of it, and what that says of the platform.
    pub(super) fn of(
        said: Result<Option<SaidOfToken>, OutboundError>,
        token: impl FnOnce(&SaidOfToken) -> Option<ChargedToken>,
    ) -> (Reply, Ended) {
        match said {
            Ok(Some(said)) => {
                let token = token(&said);
                let answer = Answer {
                    token,
                    by: said.by,
                    said: said.authorization,
                };
                (Reply::Answered(Box::new(answer)), Ended::Answered)
            }
            Ok(None) => (Reply::Unknown, Ended::Answered),
            Err(OutboundError::Remote(error)) if !error.is_no_answer() => {
                (Reply::Unusable(error.to_string()), Ended::Answered)
            }
            Err(error) => {
                let reason = error.to_string();
                let ended = if is_silence(&error) {
                    Ended::Silent(reason.clone())
                } else {
                    Ended::NotAsked
                };
                (Reply::NoAnswer(reason), ended)
            }
        }
    }

    /// Why there is no answer, when there is none.
    pub(super) fn silence(&self) -> Option<&str> {
        match self {
            Reply::NoAnswer(why) => Some(why),
            Reply::Answered(_) | Reply::Unknown | Reply::Unusable(_) => None,
        }
    }

    /// For the metrics.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Reply::Answered(answer) => answer.said.allowed.as_str(),
            Reply::Unknown => "unknown",
            Reply::Unusable(_) => "unusable",
            Reply::NoAnswer(_) => "no_answer",
        }
    }

    /// Every word that [`as_str`](Reply::as_str) has beside those of an answer.
    pub(super) const WORDS: [&str; 3] = ["unknown", "unusable", "no_answer"];
}

/// Whether it is the platform that is silent, and not we who asked nothing.
fn is_silence(error: &OutboundError) -> bool {
    match error {
        // Our own rule, and nothing was sent.
        OutboundError::Remote(RemoteError::Forbidden { .. })
        | OutboundError::LookUp(RemoteError::Forbidden { .. }) => false,
        // What was looked up is nothing about a card: a platform that answers that is not silent,
        // and yet nobody was asked about the card.
        OutboundError::Remote(error) | OutboundError::LookUp(error) => error.is_no_answer(),
        _ => false,
    }
}

/// The Token of an answer, when it can be believed: it is the one that was asked about, and the
/// platform speaks for its eMSP. Who says of another's card which group it is of could have it stop
/// sessions.
pub(super) fn believed_token(
    said: &SaidOfToken,
    (uid, token_type): (&TokenUid, &TokenType),
    (platform, directory, hosting): (&StoredPlatform, &Directory, &Hosting),
) -> Option<ChargedToken> {
    let token = said.authorization.token.as_deref()?;
    let is_same_uid = match token_type {
        TokenType::Emaid => token.uid.is_same_emaid(uid),
        _ => token.uid == *uid,
    };
    let is_same = is_same_uid && token.token_type == said.version.shown_type(token_type);
    let is_theirs = !hosting.emsp_parties().contains(&token.party)
        && directory.speaks_for(&platform.platform.id, token.party);
    if !is_same || !is_theirs {
        tracing::warn!(
            target: "ocpi::charge_point",
            platform = platform.platform.id.as_str(), token = %token.key(),
            "an answer came with a Token that is not the one asked about, or not the platform's",
        );
        return None;
    }
    let mut charged = ChargedToken::of(token);
    // It may be shown under another type than its own.
    charged.token_type = token_type.clone();
    charged.ocpp_2_0_1_type = token_type.ocpp_id_token_type();
    Some(charged)
}

#[cfg(test)]
mod tests {
    use ocpi_ports::StorageError;

    use super::*;

    fn refused(http: u16) -> RemoteError {
        RemoteError::Refused {
            url: "https://tnm.example".to_owned(),
            http,
            code: None,
            message: None,
            retry_after: None,
        }
    }

    fn forbidden() -> RemoteError {
        RemoteError::Forbidden {
            url: "http://tnm.example".to_owned(),
            reason: "no TLS".to_owned(),
        }
    }

    /// The word of the reply, and whether the platform answered, was silent or was not asked.
    fn sorted(error: OutboundError) -> (&'static str, Ended) {
        let text = error.to_string();
        let (reply, ended) = Reply::of(Err(error), |_| None);
        if let Ended::Silent(reason) = &ended {
            assert_eq!(*reason, text);
        }
        if let Some(why) = reply.silence() {
            assert_eq!(why, text);
        }
        (reply.as_str(), ended)
    }

    /// Holds: W-04, W-12, W-33. Whatever fails before the question is no answer to it; and only what
    /// the platform keeps to itself is its silence.
    #[test]
    fn a_question_that_was_not_put_has_no_answer() {
        let unreadable = RemoteError::Unreadable {
            url: "https://tnm.example".to_owned(),
            reason: "it is no JSON".to_owned(),
        };
        for answered in [refused(400), unreadable] {
            let of_the_card = sorted(OutboundError::Remote(answered.clone()));
            assert_eq!(of_the_card, ("unusable", Ended::Answered));
            let of_versions = sorted(OutboundError::LookUp(answered));
            assert_eq!(of_versions, ("no_answer", Ended::NotAsked));
        }
        for error in [refused(503), refused(429)] {
            for error in [
                OutboundError::Remote(error.clone()),
                OutboundError::LookUp(error),
            ] {
                let (word, ended) = sorted(error);
                assert_eq!(word, "no_answer");
                assert!(matches!(ended, Ended::Silent(_)), "{ended:?}");
            }
        }
        for ours in [
            OutboundError::Remote(forbidden()),
            OutboundError::LookUp(forbidden()),
            OutboundError::NotSent { timeout_ms: 1500 },
            OutboundError::Storage(StorageError::Conflict),
            OutboundError::NotConnected,
        ] {
            assert_eq!(sorted(ours), ("no_answer", Ended::NotAsked));
        }
    }
}
