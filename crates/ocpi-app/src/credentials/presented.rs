//! What becomes of the tokens that a platform presents.

use ocpi_domain::{CredentialsUse, DateTime};
use ocpi_ports::{PresentedToken, TokenHash};

/// How long a token is good after it was replaced, while nobody uses its successor, milliseconds.
pub(crate) const GRACE_MS: i64 = 5 * 60 * 1000;

/// The longest that a handshake of ours may last, milliseconds: so long what we offer is good,
/// should nobody end it.
pub(crate) const OFFER_MS: i64 = 5 * 60 * 1000;

/// How many replaced tokens are kept, the newest first, for a platform that replaces its token
/// again and again without using one.
const FORMER_MAX: usize = 3;

/// The token of that hash, when it is good for anything.
pub(crate) fn good_token(
    tokens: &[PresentedToken],
    hash: TokenHash,
    now: DateTime,
) -> Option<CredentialsUse> {
    let mut tokens = tokens.iter();
    let found = tokens.find(|token| token.hash == hash && token.good_for.is_good_at(now));
    found.map(|token| token.good_for)
}

/// The tokens of a platform that presents `live` from now on: those that opened everything stay
/// good for a while, until its first use; others are good for nothing any more.
pub(crate) fn succeeded(
    tokens: &[PresentedToken],
    live: TokenHash,
    now: DateTime,
) -> Vec<PresentedToken> {
    let end = now.plus_ms(GRACE_MS);
    let former = tokens.iter().filter_map(|token| {
        let until = match token.good_for {
            CredentialsUse::Live => end,
            CredentialsUse::Former { until }
            | CredentialsUse::Offered {
                until,
                replaces: true,
            } => until.min(end),
            CredentialsUse::Offered { .. } | CredentialsUse::Registration { .. } => return None,
        };
        (now < until && token.hash != live).then_some(PresentedToken {
            hash: token.hash,
            good_for: CredentialsUse::Former { until },
        })
    });
    let mut all = vec![live_token(live)];
    all.extend(former);
    let until = |token: &PresentedToken| match token.good_for {
        CredentialsUse::Former { until } => Some(until),
        _ => None,
    };
    all[1..].sort_by_key(|token| std::cmp::Reverse(until(token)));
    all.truncate(1 + FORMER_MAX);
    all
}

/// The token of that hash, good for everything.
pub(crate) fn live_token(hash: TokenHash) -> PresentedToken {
    PresentedToken {
        hash,
        good_for: CredentialsUse::Live,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::now;

    fn hash(number: u8) -> TokenHash {
        TokenHash([number; 32])
    }

    fn token(number: u8, good_for: CredentialsUse) -> PresentedToken {
        PresentedToken {
            hash: hash(number),
            good_for,
        }
    }

    fn former(number: u8, ms: i64) -> PresentedToken {
        let until = now().plus_ms(ms);
        token(number, CredentialsUse::Former { until })
    }

    /// Holds: C-09, C-10.
    #[test]
    fn what_opened_everything_stays_good_for_five_minutes_and_nothing_else_does() {
        let until = now().plus_ms(60_000);
        let tokens = [
            token(1, CredentialsUse::Registration { until }),
            token(2, CredentialsUse::Live),
            former(3, 60_000),
            former(4, 0),
            token(
                5,
                CredentialsUse::Offered {
                    until,
                    replaces: true,
                },
            ),
            token(
                6,
                CredentialsUse::Offered {
                    until,
                    replaces: false,
                },
            ),
            token(
                7,
                CredentialsUse::Offered {
                    until,
                    replaces: true,
                },
            ),
        ];
        let expected = [
            token(7, CredentialsUse::Live),
            former(2, 300_000),
            former(3, 60_000),
            former(5, 60_000),
        ];
        assert_eq!(succeeded(&tokens, hash(7), now()), expected);
    }

    /// Holds: C-09.
    #[test]
    fn a_platform_that_uses_no_new_token_does_not_gather_old_ones() {
        let mut tokens = vec![token(0, CredentialsUse::Live)];
        for number in 1..10 {
            let later = now().plus_ms(i64::from(number));
            tokens = succeeded(&tokens, hash(number), later);
        }
        let kept: Vec<u8> = tokens.iter().map(|token| token.hash.0[0]).collect();
        assert_eq!(kept, [9, 8, 7, 6]);
    }

    /// Holds: C-02, C-05.
    #[test]
    fn a_token_is_found_while_it_is_good() {
        let tokens = [former(3, 1), former(4, 0)];
        let until = now().plus_ms(1);
        let found = good_token(&tokens, hash(3), now());
        assert_eq!(found, Some(CredentialsUse::Former { until }));
        assert_eq!(good_token(&tokens, hash(3), until), None);
        assert_eq!(good_token(&tokens, hash(4), now()), None);
        assert_eq!(good_token(&tokens, hash(5), now()), None);
    }
}
