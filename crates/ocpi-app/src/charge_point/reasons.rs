//! Why a card that we know is accepted or refused here, in words that an operator can act on.

use ocpi_domain::{DecisionSource, NoAnswer, Platform, Token, TokenType, WhitelistType};

/// What was looked at.
pub(super) struct Grounds<'a> {
    pub(super) token: &'a Token,
    /// The platform of its eMSP.
    pub(super) platform: &'a Platform,
    /// Why there is no answer, when one was sought.
    pub(super) no_answer: Option<&'a str>,
    /// How long ago the eMSP commanded the start, milliseconds.
    pub(super) command_age_ms: Option<i64>,
}

impl Grounds<'_> {
    /// Why it is accepted.
    pub(super) fn accepts(&self, source: DecisionSource) -> String {
        let Token {
            party, whitelist, ..
        } = self.token;
        match source {
            DecisionSource::Command => self.commanded(),
            DecisionSource::Offline if self.is_allowed_at_own_risk() => format!(
                "{}, and no_answer of {} is allow: at the operator's own risk, for whitelist \
                 {whitelist} alone would refuse",
                self.offline(),
                self.platform_name()
            ),
            DecisionSource::Offline => format!(
                "{}, and whitelist {whitelist} accepts it without asking then",
                self.offline()
            ),
            _ if self.is_of_app() => format!(
                "users of apps are never asked about, and whitelist {whitelist} of {party} accepts \
                 without asking"
            ),
            _ if *whitelist == WhitelistType::Always => {
                format!("whitelist ALWAYS of {party} accepts without asking")
            }
            _ => format!(
                "whitelist {whitelist} of {party} leaves it to us, and prefer_cache of {} says not \
                 to ask",
                self.platform_name()
            ),
        }
    }

    /// Why it is refused.
    pub(super) fn refuses(&self, source: DecisionSource) -> String {
        let Token {
            party,
            whitelist,
            valid,
            ..
        } = self.token;
        match source {
            DecisionSource::Offline if !valid => {
                format!("{}, and our copy is not valid", self.offline())
            }
            DecisionSource::Offline if self.is_denied() => format!(
                "{}, and no_answer of {} is deny",
                self.offline(),
                self.platform_name()
            ),
            DecisionSource::Offline => format!(
                "{}, and whitelist {whitelist} forbids to accept it without asking",
                self.offline()
            ),
            _ if !valid => format!(
                "our copy is not valid, and {}",
                if self.is_of_app() {
                    "users of apps are never asked about"
                } else {
                    "whitelist ALWAYS means not to ask"
                }
            ),
            _ => format!(
                "users of apps are never asked about: {party} starts for them by a command, and \
                 there was none within 15 minutes"
            ),
        }
    }

    fn commanded(&self) -> String {
        commanded(self.command_age_ms)
    }

    fn offline(&self) -> String {
        let party = self.token.party;
        let why = self.no_answer.unwrap_or("it was not asked");
        format!("{party} is offline ({why})")
    }

    fn platform_name(&self) -> &str {
        self.platform.id.as_str()
    }

    fn is_denied(&self) -> bool {
        self.platform.profile.no_answer == NoAnswer::Deny
    }

    fn is_allowed_at_own_risk(&self) -> bool {
        self.platform.profile.no_answer == NoAnswer::Allow
            && self.token.whitelist == WhitelistType::Never
    }

    fn is_of_app(&self) -> bool {
        matches!(
            self.token.token_type,
            TokenType::AppUser | TokenType::AdHocUser
        )
    }
}

/// Why a start is accepted that the eMSP commanded.
pub(super) fn commanded(age_ms: Option<i64>) -> String {
    let seconds = age_ms.unwrap_or_default() / 1000;
    format!("the eMSP commanded this start {seconds} s ago")
}
