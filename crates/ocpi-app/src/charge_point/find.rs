//! The card that a reader saw, among our own Tokens and our copies.

use ocpi_domain::{StoredToken, TokenType, TokenUid};
use ocpi_ports::StorageError;

use crate::app::App;

/// More Tokens of one uid than this are nobody's.
const FOUND_MAX: usize = 16;

/// What is known of a card.
#[derive(Debug)]
pub(super) enum Card {
    /// It is this one's.
    One(StoredToken),
    /// Several have such a Token, and nothing says whose this is.
    Several(Vec<StoredToken>),
    /// Nobody's that we know of.
    Unknown,
}

impl App {
    /// What is known of the card. Without a type RFID is preferred; of an EMAID the exact spelling.
    pub(super) async fn find_card(
        &self,
        uid: &TokenUid,
        token_type: Option<&TokenType>,
    ) -> Result<Card, StorageError> {
        let store = &self.ports.tokens;
        let mut found = store.find_tokens_of_any_party(uid, FOUND_MAX).await?;
        let is_cut = found.len() >= FOUND_MAX;
        found.retain(|stored| !stored.marks.absent);
        match token_type {
            Some(wanted) => found.retain(|stored| stored.token.token_type == *wanted),
            None => prefer(&mut found, |stored| {
                stored.token.token_type == TokenType::Rfid
            }),
        }
        prefer(&mut found, |stored| stored.token.uid == *uid);
        Ok(match found.len() {
            0 => Card::Unknown,
            1 if !is_cut => found.pop().map_or(Card::Unknown, Card::One),
            _ => Card::Several(found),
        })
    }
}

/// Leaves those only that are preferred, if there are any.
fn prefer(found: &mut Vec<StoredToken>, is_preferred: impl Fn(&StoredToken) -> bool) {
    if found.len() > 1 && found.iter().any(&is_preferred) {
        found.retain(is_preferred);
    }
}
