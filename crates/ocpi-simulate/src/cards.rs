//! Tokens out of a seed: as many as are wanted, and none is kept until it is needed.

use ocpi_domain::{
    CiString, DateTime, OcpiString, Party, Token, TokenType, TokenUid, WhitelistType,
};

use crate::dice;

/// When the first one was changed last; each later one a millisecond after the one before.
const FIRST_CHANGED_MS: i64 = 1_767_225_600_000;

/// The uid of the card of that number: the same for the same seed, and no other number has it.
pub fn card_uid(seed: u64, number: u32) -> String {
    let random = dice::number(seed, "card", u64::from(number)) >> 40;
    format!("{random:06X}{number:08X}")
}

/// The card of that number: valid but for one of twenty, of every whitelist, every fourth in a
/// group of eight.
pub fn card(party: Party, seed: u64, number: u32) -> Option<Token> {
    let random = dice::number(seed, "token", u64::from(number));
    let whitelist = match random % 4 {
        0 => WhitelistType::Always,
        1 => WhitelistType::Allowed,
        2 => WhitelistType::AllowedOffline,
        _ => WhitelistType::Never,
    };
    let group = (number / 32).to_string();
    let (country, id) = (party.country_code, party.party_id);
    Some(Token {
        party,
        uid: TokenUid::new(&card_uid(seed, number)).ok()?,
        token_type: TokenType::Rfid,
        contract_id: CiString::new(&format!("{country}-{id}-C{number:08}")).ok()?,
        visual_number: OcpiString::new(&format!("{id}-{number:08}")).ok(),
        issuer: OcpiString::new(id.as_str()).ok()?,
        group_id: CiString::new(&format!("G{group}"))
            .ok()
            .filter(|_| number.is_multiple_of(4)),
        valid: !(random / 4).is_multiple_of(20),
        whitelist,
        language: None,
        default_profile_type: None,
        energy_contract: None,
        last_updated: changed_at(number),
        unknown: ocpi_domain::UnknownFields::default(),
    })
}

/// When the card of that number was changed last.
pub(crate) fn changed_at(number: u32) -> DateTime {
    DateTime::UNIX_EPOCH.plus_ms(FIRST_CHANGED_MS + i64::from(number))
}

/// The number of the card with that uid, when it is one of that seed.
pub(crate) fn number_of(seed: u64, uid: &str) -> Option<u32> {
    let number = u32::from_str_radix(uid.get(6..)?, 16).ok()?;
    card_uid(seed, number)
        .eq_ignore_ascii_case(uid)
        .then_some(number)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn cards_are_of_their_seed_and_found_by_their_uid() {
        let party = Party::new("DE", "EMS").unwrap();
        let uids: HashSet<String> = (0..1000).map(|number| card_uid(3, number)).collect();
        assert_eq!(uids.len(), 1000);
        for number in [0, 1, 999, u32::MAX] {
            let token = card(party, 3, number).unwrap();
            assert_eq!(token.uid.as_str(), card_uid(3, number));
            assert_eq!(card(party, 3, number), Some(token));
            assert_eq!(number_of(3, &card_uid(3, number)), Some(number));
            assert_eq!(
                number_of(3, &card_uid(3, number).to_lowercase()),
                Some(number)
            );
            assert_ne!(card_uid(4, number), card_uid(3, number));
            assert_eq!(number_of(4, &card_uid(3, number)), None);
        }
        for uid in ["", "x", "00000000000000", "é0000000000000"] {
            assert_eq!(number_of(3, uid), None, "{uid}");
        }
    }

    #[test]
    fn every_whitelist_is_among_the_cards() {
        let party = Party::new("DE", "EMS").unwrap();
        let tokens: Vec<Token> = (0..400).filter_map(|n| card(party, 1, n)).collect();
        for whitelist in ["ALWAYS", "ALLOWED", "ALLOWED_OFFLINE", "NEVER"] {
            let is_of = |token: &&Token| token.whitelist.as_str() == whitelist;
            assert!(tokens.iter().filter(is_of).count() > 50, "{whitelist}");
        }
        assert!(tokens.iter().any(|token| !token.valid));
        assert!(tokens.iter().any(|token| token.group_id.is_some()));
    }
}
