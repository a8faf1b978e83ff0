//! What goes wrong at a peer, and how often.

use std::fmt;
use std::str::FromStr;

use crate::dice::Roll;

/// A way in which a peer fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// It answers late: the value is milliseconds.
    Slow,
    /// It never answers; half of the requests it has done, none is told so.
    Hang,
    /// The connection breaks by a reset; half of the requests it has done.
    Reset,
    /// It answers a status of HTTP for its own failure, the value; half of the requests it has done.
    Error5xx,
    /// It answers that it is asked too much, and wants to be left alone for the value, seconds.
    TooMany,
    /// It does what is asked, and its answer ends in the middle.
    Truncated,
    /// It answers a code of OCPI that is a refusal, the value, under a status of HTTP for success.
    WrongStatus,
    /// A page of HTML comes instead of an answer: half with a status for success, half as a
    /// gateway's failure.
    Html,
}

/// The part of OCPI that a fault belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Module {
    /// Versions and their details.
    Versions,
    /// Credentials.
    Credentials,
    /// Real-time authorization.
    Authorize,
    /// Tokens that travel: the list of an eMSP, the store of a CPO.
    Tokens,
}

/// One fault, and how often it happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaultRule {
    /// Where; `None` everywhere.
    pub module: Option<Module>,
    /// What.
    pub kind: FaultKind,
    /// How often, 0 to 1.
    pub probability: f64,
    /// The kind's value; see there.
    pub value: u32,
}

/// What goes wrong, and how often. At most one thing in a request.
///
/// As a text: `slow=0.1:300,hang=0.05,authorize.html=0.02,clock_skew=3600`. A word of
/// [`FaultKind`] with its probability, and after a colon its value; before a dot the only module;
/// `clock_skew` in seconds, which may be negative. The empty text is no fault.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults {
    rules: Vec<FaultRule>,
    /// How much the peer's clock is ahead, milliseconds.
    pub clock_skew_ms: i64,
}

/// A text that says no faults.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidFaults(String);

impl FaultKind {
    /// All of them.
    pub const ALL: [FaultKind; 8] = [
        FaultKind::Slow,
        FaultKind::Hang,
        FaultKind::Reset,
        FaultKind::Error5xx,
        FaultKind::TooMany,
        FaultKind::Truncated,
        FaultKind::WrongStatus,
        FaultKind::Html,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            FaultKind::Slow => "slow",
            FaultKind::Hang => "hang",
            FaultKind::Reset => "reset",
            FaultKind::Error5xx => "error_5xx",
            FaultKind::TooMany => "too_many",
            FaultKind::Truncated => "truncated",
            FaultKind::WrongStatus => "wrong_status",
            FaultKind::Html => "html",
        }
    }

    /// The value where none is said; 0 where it means nothing.
    fn usual_value(self) -> u32 {
        match self {
            FaultKind::Slow => 300,
            FaultKind::Error5xx => 503,
            FaultKind::TooMany => 1,
            FaultKind::WrongStatus => 3000,
            FaultKind::Hang | FaultKind::Reset | FaultKind::Truncated | FaultKind::Html => 0,
        }
    }

    /// The values that it may have; `None` where it has none.
    fn values(self) -> Option<std::ops::RangeInclusive<u32>> {
        match self {
            FaultKind::Slow => Some(0..=600_000),
            FaultKind::Error5xx => Some(500..=599),
            FaultKind::TooMany => Some(0..=86_400),
            FaultKind::WrongStatus => Some(1000..=9999),
            FaultKind::Hang | FaultKind::Reset | FaultKind::Truncated | FaultKind::Html => None,
        }
    }
}

impl Module {
    const ALL: [Module; 4] = [
        Module::Versions,
        Module::Credentials,
        Module::Authorize,
        Module::Tokens,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Module::Versions => "versions",
            Module::Credentials => "credentials",
            Module::Authorize => "authorize",
            Module::Tokens => "tokens",
        }
    }
}

impl Faults {
    /// Nothing goes wrong.
    pub fn none() -> Faults {
        Faults::default()
    }

    /// The same, and that fault with its usual value, everywhere.
    #[must_use]
    pub fn with(self, kind: FaultKind, probability: f64) -> Faults {
        self.with_rule(FaultRule {
            module: None,
            kind,
            probability,
            value: kind.usual_value(),
        })
    }

    /// The same, and that fault with its usual value, in one module only.
    #[must_use]
    pub fn within(self, module: Module, kind: FaultKind, probability: f64) -> Faults {
        self.with_rule(FaultRule {
            module: Some(module),
            kind,
            probability,
            value: kind.usual_value(),
        })
    }

    /// The same, and that rule. Where the probabilities of a module exceed 1 in all, the later
    /// rules have what is left.
    #[must_use]
    pub fn with_rule(mut self, rule: FaultRule) -> Faults {
        self.rules.push(rule);
        self
    }

    /// The same at a peer whose clock is so much ahead, milliseconds.
    #[must_use]
    pub fn with_clock_skew_ms(self, clock_skew_ms: i64) -> Faults {
        Faults {
            clock_skew_ms,
            ..self
        }
    }

    /// The rules.
    pub fn rules(&self) -> &[FaultRule] {
        &self.rules
    }

    /// What goes wrong in a request of that module, by the dice.
    pub(crate) fn of(&self, module: Module, roll: Roll) -> Option<FaultRule> {
        let mut below = 0.0;
        self.of_module(module).find(|rule| {
            below += rule.probability;
            roll.first < below
        })
    }

    fn of_module(&self, module: Module) -> impl Iterator<Item = FaultRule> {
        let rules = self.rules.iter().copied();
        rules.filter(move |rule| rule.module.is_none_or(|only| only == module))
    }
}

impl FromStr for Faults {
    type Err = InvalidFaults;

    fn from_str(text: &str) -> Result<Faults, InvalidFaults> {
        let mut faults = Faults::none();
        for part in text.split(',').map(str::trim) {
            if part.is_empty() {
                continue;
            }
            let Some((name, said)) = part.split_once('=') else {
                return Err(InvalidFaults(format!(
                    "`{part}`: must be a fault and its probability, as `hang=0.1`"
                )));
            };
            if name == "clock_skew" {
                let seconds: Option<i64> = said.parse().ok();
                let ms = seconds.and_then(|seconds| seconds.checked_mul(1000));
                faults.clock_skew_ms =
                    ms.ok_or_else(|| InvalidFaults(format!("`{part}`: must be whole seconds")))?;
            } else {
                faults.rules.push(rule(part, name, said)?);
            }
        }
        for module in Module::ALL {
            let sum: f64 = faults
                .of_module(module)
                .map(|rule| rule.probability)
                .sum::<f64>();
            // Ten times a tenth is a little more than one.
            if sum > 1.0 + 1e-9 {
                let module = module.as_str();
                return Err(InvalidFaults(format!(
                    "the probabilities of `{module}` are more than 1 in all"
                )));
            }
        }
        Ok(faults)
    }
}

/// One rule: `name` with what is said of it after `=`.
fn rule(part: &str, name: &str, said: &str) -> Result<FaultRule, InvalidFaults> {
    let invalid = |reason: String| InvalidFaults(format!("`{part}`: {reason}"));
    let (module, word) = match name.split_once('.') {
        None => (None, name),
        Some((module, word)) => {
            let known = Module::ALL
                .into_iter()
                .find(|known| known.as_str() == module);
            let words = Module::ALL.map(Module::as_str).join(", ");
            let known =
                known.ok_or_else(|| invalid(format!("the module must be one of {words}")))?;
            (Some(known), word)
        }
    };
    let kind = FaultKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == word);
    let kind = kind.ok_or_else(|| {
        let words = FaultKind::ALL.map(FaultKind::as_str).join(", ");
        invalid(format!("must be one of {words}, clock_skew"))
    })?;
    let (probability, value) = match said.split_once(':') {
        None => (said, None),
        Some((probability, value)) => (probability, Some(value)),
    };
    let probability: Option<f64> = probability.parse().ok();
    let probability = probability
        .filter(|probability| (0.0..=1.0).contains(probability))
        .ok_or_else(|| invalid("the probability must be 0 to 1".to_owned()))?;
    let value = match (value, kind.values()) {
        (None, _) => kind.usual_value(),
        (Some(_), None) => return Err(invalid("it has no value after a colon".to_owned())),
        (Some(value), Some(range)) => {
            let value: Option<u32> = value.parse().ok();
            value.filter(|value| range.contains(value)).ok_or_else(|| {
                let (from, to) = (range.start(), range.end());
                invalid(format!("the value after the colon must be {from} to {to}"))
            })?
        }
    };
    Ok(FaultRule {
        module,
        kind,
        probability,
        value,
    })
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text that reads as these faults.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        for rule in &self.rules {
            let module = rule.module.map(|module| format!("{}.", module.as_str()));
            let value = rule.kind.values().map(|_| format!(":{}", rule.value));
            parts.push(format!(
                "{}{}={}{}",
                module.unwrap_or_default(),
                rule.kind,
                rule.probability,
                value.unwrap_or_default()
            ));
        }
        if self.clock_skew_ms != 0 {
            parts.push(format!("clock_skew={}", self.clock_skew_ms / 1000));
        }
        f.write_str(&parts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_says_faults_and_they_say_the_text() {
        let text = "slow=0.1:300,hang=0.05,authorize.html=0.02,too_many=0.01:7,clock_skew=-3600";
        let faults: Faults = text.parse().unwrap();
        let expected = Faults::none()
            .with(FaultKind::Slow, 0.1)
            .with(FaultKind::Hang, 0.05)
            .within(Module::Authorize, FaultKind::Html, 0.02)
            .with_rule(FaultRule {
                module: None,
                kind: FaultKind::TooMany,
                probability: 0.01,
                value: 7,
            })
            .with_clock_skew_ms(-3_600_000);
        assert_eq!(faults, expected);
        assert_eq!(faults.to_string(), text);
        assert_eq!("".parse(), Ok(Faults::none()));
        assert_eq!(
            " hang=1 , ".parse(),
            Ok(Faults::none().with(FaultKind::Hang, 1.0))
        );
    }

    #[test]
    fn a_text_that_says_none_is_refused_with_what_it_must_be() {
        for (text, says) in [
            ("hang", "as `hang=0.1`"),
            ("hung=0.1", "slow, hang, reset"),
            (
                "sessions.hang=0.1",
                "versions, credentials, authorize, tokens",
            ),
            ("hang=1.1", "0 to 1"),
            ("hang=-0.1", "0 to 1"),
            ("hang=NaN", "0 to 1"),
            ("hang=0.1:5", "no value"),
            ("error_5xx=0.1:404", "500 to 599"),
            ("slow=0.1:soon", "0 to 600000"),
            ("clock_skew=1.5", "whole seconds"),
            (
                "hang=0.6,authorize.reset=0.5",
                "`authorize` are more than 1",
            ),
        ] {
            let error = text.parse::<Faults>().unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
        "tokens.hang=0.6,authorize.reset=0.6"
            .parse::<Faults>()
            .unwrap();
    }

    #[test]
    fn a_fault_happens_as_often_as_it_should_and_only_in_its_module() {
        let faults: Faults = "slow=0.2,tokens.hang=0.3".parse().unwrap();
        let count = |module, kind| {
            (0..10_000)
                .filter_map(|attempt| faults.of(module, crate::dice::roll(5, "x", attempt)))
                .filter(|rule| rule.kind == kind)
                .count()
        };
        assert!((1_800..2_200).contains(&count(Module::Tokens, FaultKind::Slow)));
        assert!((2_800..3_200).contains(&count(Module::Tokens, FaultKind::Hang)));
        assert_eq!(count(Module::Authorize, FaultKind::Hang), 0);
    }
}
