//! Who can be asked about a card that nobody here has a Token of, or several eMSPs.

use std::sync::Arc;

use ocpi_domain::{OcpiVersion, Party, Role, StoredToken, TokenKey, TokenType, TokenUid};
use ocpi_ports::StoredPlatform;

use super::ask::Inquiry;
use super::directory::Directory;
use crate::app::App;
use crate::outbound::Recipient;

/// Who can be asked about a card.
pub(super) struct Candidates {
    /// The card as an eMSP hosted here may know it.
    pub(super) hosted: Vec<TokenKey>,
    /// A question for each eMSP of another platform, and for each hub.
    pub(super) inquiries: Vec<Inquiry>,
    /// What to do when there is nobody.
    pub(super) nobody: String,
}

/// The eMSP that an EMAID names: the country and the party that it begins with.
fn emsp_of_emaid(uid: &TokenUid) -> Option<Party> {
    let prefix: String = uid.emaid_bytes().take(5).map(char::from).collect();
    let (country_code, party_id) = prefix.split_at_checked(2)?;
    Party::new(country_code, party_id).ok()
}

/// Whom of a platform questions about an unknown card go to: each of its eMSPs, so that none needs
/// to wait for another; a hub finds out itself.
fn recipients(stored: &StoredPlatform) -> Vec<Recipient> {
    if stored.platform.hub.is_some() {
        return vec![Recipient::AnybodyBehind];
    }
    let emsps = stored.platform.parties(&Role::Emsp);
    let mut recipients: Vec<_> = emsps.map(Recipient::Party).collect();
    let connection = stored.connection.as_ref();
    let served = connection.and_then(|connection| connection.served.as_ref());
    if served.is_some_and(|served| served.version == OcpiVersion::V2_1_1) {
        // 2.1.1 names nobody: each question would be the same.
        recipients.truncate(1);
    }
    recipients
}

impl App {
    /// Who can be asked about the card: its owners, where there are several, each about its own
    /// Token; the eMSP that an EMAID names; else those that the operator flagged.
    pub(super) fn candidates(
        &self,
        uid: &TokenUid,
        token_type: &TokenType,
        owners: &[StoredToken],
        directory: &Arc<Directory>,
    ) -> Candidates {
        let of = |party: Party| TokenKey {
            party,
            uid: uid.clone(),
            token_type: token_type.clone(),
        };
        let owned: Vec<TokenKey> = owners.iter().map(|stored| stored.token.key()).collect();
        if !owned.is_empty() {
            return self.named_candidates(owned, directory);
        }
        if *token_type == TokenType::Emaid {
            let named = emsp_of_emaid(uid).map(of);
            return self.named_candidates(named.into_iter().collect(), directory);
        }
        let inquiries = directory.asked_about_unknown().flat_map(|platform| {
            let recipients = recipients(platform).into_iter();
            recipients.map(|to| Inquiry {
                platform: Arc::clone(platform),
                directory: Arc::clone(directory),
                to,
                uid: uid.clone(),
                token_type: token_type.clone(),
            })
        });
        Candidates {
            hosted: Vec::new(),
            inquiries: inquiries.collect(),
            nobody: "no platform is asked about unknown cards: set ask_unknown in the profile of \
                     those that may be, or have their Tokens pushed or pulled"
                .to_owned(),
        }
    }

    /// Those whom the card itself names.
    fn named_candidates(&self, named: Vec<TokenKey>, directory: &Arc<Directory>) -> Candidates {
        let mut parties: Vec<String> = named.iter().map(|key| key.party.to_string()).collect();
        parties.dedup();
        let is_hosted = |key: &TokenKey| self.hosting.emsp_parties().contains(&key.party);
        let (hosted, foreign): (Vec<_>, Vec<_>) = named.into_iter().partition(is_hosted);
        let inquiries = foreign.into_iter().filter_map(|key| {
            let platform = directory.platform_of(key.party)?;
            Some(Inquiry {
                platform: Arc::clone(platform),
                directory: Arc::clone(directory),
                to: Recipient::Party(key.party),
                uid: key.uid,
                token_type: key.token_type,
            })
        });
        Candidates {
            inquiries: inquiries.collect(),
            hosted,
            nobody: match parties.as_slice() {
                [] => "the EMAID does not begin with a country and a party".to_owned(),
                parties => format!("no platform here speaks for {}", parties.join(", ")),
            },
        }
    }
}
