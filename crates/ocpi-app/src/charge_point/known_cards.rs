//! Cards of which we have no Token: who knew one, and which nobody knows. In memory only, and
//! bounded.

use ocpi_domain::{Party, PlatformId, TokenType, TokenUid};
use quick_cache::sync::Cache;

use crate::outbound::Recipient;

/// Cards that are remembered of either kind.
const CARDS_MAX: usize = 1 << 16;

/// For so long who knew a card is asked before all others, microseconds. It is not prolonged: a card
/// may have been given to another eMSP.
const KNEW_US_MAX: u64 = 24 * 60 * 60 * 1_000_000;

/// A card that a reader of a CPO saw; an EMAID in whatever spelling. An eMSP may answer one CPO, and
/// not another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct CardKey {
    cpo: Party,
    uid: TokenUid,
    token_type: TokenType,
}

impl CardKey {
    pub(super) fn new(cpo: Party, uid: &TokenUid, token_type: &TokenType) -> CardKey {
        let plain = || {
            let text = uid.emaid_bytes().map(char::from).collect::<String>();
            text.parse().ok()
        };
        let is_emaid = *token_type == TokenType::Emaid;
        CardKey {
            cpo,
            uid: is_emaid
                .then(plain)
                .flatten()
                .unwrap_or_else(|| uid.clone()),
            token_type: token_type.clone(),
        }
    }
}

/// What is remembered.
pub(super) struct KnownCards {
    /// Who knew it, as whom he was asked, and when.
    known: Cache<CardKey, (PlatformId, Recipient, u64)>,
    /// When everybody said that he does not know it, and who there was to ask then.
    unknown: Cache<CardKey, (u64, u64)>,
    unknown_us: u64,
}

impl KnownCards {
    /// What nobody knows is not asked about again for so long.
    pub(super) fn new(unknown_us: u64) -> KnownCards {
        KnownCards {
            known: Cache::new(CARDS_MAX),
            unknown: Cache::new(CARDS_MAX),
            unknown_us,
        }
    }

    /// Who knew the card a day ago at most.
    pub(super) fn who_knew(&self, card: &CardKey, now_us: u64) -> Option<(PlatformId, Recipient)> {
        let (platform, to, at_us) = self.known.get(card)?;
        (now_us.saturating_sub(at_us) < KNEW_US_MAX).then_some((platform, to))
    }

    pub(super) fn knew(&self, card: CardKey, (platform, to): (PlatformId, Recipient), at_us: u64) {
        self.known.insert(card, (platform, to, at_us));
    }

    pub(super) fn knows_no_more(&self, card: &CardKey) {
        self.known.remove(card);
    }

    /// Whether everybody whom there is to ask said a moment ago that he does not know it.
    pub(super) fn is_unknown(&self, card: &CardKey, (now_us, generation): (u64, u64)) -> bool {
        let found = self.unknown.get(card);
        found.is_some_and(|(at_us, of)| {
            of == generation && now_us.saturating_sub(at_us) < self.unknown_us
        })
    }

    /// Everybody said so.
    pub(super) fn nobody_knew(&self, card: CardKey, at: (u64, u64)) {
        self.unknown.insert(card, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::party;

    fn card(uid: &str, token_type: &str) -> CardKey {
        card_at("NL/ALF", uid, token_type)
    }

    fn card_at(cpo: &str, uid: &str, token_type: &str) -> CardKey {
        CardKey::new(
            party(cpo),
            &uid.parse().unwrap(),
            &token_type.parse().unwrap(),
        )
    }

    /// Holds: W-20, T-69, E-35.
    #[test]
    fn a_card_is_its_uid_without_case_its_type_and_an_emaid_without_separators() {
        assert_eq!(card("abc", "RFID"), card("ABC", "RFID"));
        assert_ne!(card("A-B", "RFID"), card("AB", "RFID"));
        assert_ne!(card("ABC", "RFID"), card("ABC", "OTHER"));
        assert_eq!(card("de-tnm-C1", "EMAID"), card("DE*TNMC1", "EMAID"));
        assert_ne!(card("ABC", "RFID"), card_at("CH/ABC", "ABC", "RFID"));
    }

    /// Holds: W-20. Cards change hands: a day later everybody is asked again.
    #[test]
    fn who_knew_a_card_is_remembered_for_a_day() {
        let cards = KnownCards::new(10);
        let who = ("p".parse().unwrap(), Recipient::AnybodyBehind);
        let day_us = 24 * 3600 * 1_000_000;
        cards.knew(card("A", "RFID"), who.clone(), 5);
        assert_eq!(cards.who_knew(&card("A", "RFID"), day_us + 4), Some(who));
        assert_eq!(cards.who_knew(&card("A", "RFID"), day_us + 5), None);
    }

    /// Holds: W-20.
    #[test]
    fn nobody_knows_a_card_for_a_while_and_until_there_are_others_to_ask() {
        let cards = KnownCards::new(10);
        cards.nobody_knew(card("A", "RFID"), (100, 1));
        for (uid, at, is_unknown) in [
            ("A", (100, 1), true),
            ("A", (109, 1), true),
            ("A", (110, 1), false),
            ("A", (100, 2), false),
            ("B", (100, 1), false),
        ] {
            assert_eq!(
                cards.is_unknown(&card(uid, "RFID"), at),
                is_unknown,
                "{uid} {at:?}"
            );
        }
    }
}
