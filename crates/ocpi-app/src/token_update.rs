//! What a whole Token that was sent does to the one that is stored.

use std::sync::Arc;

use ocpi_domain::{DateTime, InvalidField, StoredToken, Token, TokenMarks};
use ocpi_ports::{StorageError, TokenWrite};

use crate::app::App;

/// How often a write is tried again when another came first. Each time another one succeeded, so
/// this many in a row is no rivalry but a fault.
pub(crate) const WRITE_ATTEMPTS_MAX: usize = 1000;

/// A whole Token, on its way into the store.
pub(crate) struct NewToken {
    pub(crate) token: Arc<Token>,
    /// What in it was not sent.
    pub(crate) marks: TokenMarks,
}

/// What is to be done about a new Token.
pub(crate) enum Update {
    /// Nothing: what is stored is newer.
    Stale,
    /// Nothing: it is stored already.
    Unchanged,
    /// Write it.
    Write(TokenWrite),
}

/// What came of storing a Token.
pub(crate) enum Stored {
    Created(Arc<Token>),
    Updated(Arc<Token>),
    /// It was stored already: this is it.
    Unchanged(Arc<Token>),
    Stale,
}

impl NewToken {
    /// What this Token does to what is stored.
    pub(crate) fn update(&self, stored: Option<&StoredToken>, now: DateTime) -> Update {
        if let Some(stored) = stored {
            if self.is_stored_as(stored) {
                return Update::Unchanged;
            }
            if stored.makes_stale(self.token.last_updated, now) {
                return Update::Stale;
            }
        }
        Update::Write(TokenWrite {
            token: Arc::clone(&self.token),
            marks: self.marks,
            follows: stored.map(|stored| stored.revision),
        })
    }

    /// Whether writing it would change nothing. The moment of a Token that came without one is
    /// no change.
    fn is_stored_as(&self, stored: &StoredToken) -> bool {
        if !self.marks.inferred_last_updated {
            return is_identical(stored, &self.token, self.marks);
        }
        let token = Token {
            last_updated: stored.token.last_updated,
            ..Token::clone(&self.token)
        };
        let marks = TokenMarks {
            inferred_last_updated: stored.marks.inferred_last_updated,
            ..self.marks
        };
        is_identical(stored, &token, marks)
    }
}

impl App {
    /// Stores a Token; answers when it is durable.
    pub(crate) async fn store_token(&self, new: &NewToken) -> Result<Stored, StorageError> {
        for _ in 0..WRITE_ATTEMPTS_MAX {
            let stored = self.ports.tokens.find_token(&new.token.key()).await?;
            let write = match (new.update(stored.as_ref(), self.now()), stored) {
                (Update::Write(write), _) => write,
                (Update::Unchanged, Some(stored)) => return Ok(Stored::Unchanged(stored.token)),
                (Update::Unchanged | Update::Stale, _) => return Ok(Stored::Stale),
            };
            let is_new = write.follows.is_none();
            match self.ports.tokens.put_token(write).await {
                Ok(stored) if is_new => return Ok(Stored::Created(stored.token)),
                Ok(stored) => return Ok(Stored::Updated(stored.token)),
                Err(StorageError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StorageError::Conflict)
    }
}

/// Whether writing the Token would change nothing.
pub(crate) fn is_identical(stored: &StoredToken, token: &Token, marks: TokenMarks) -> bool {
    stored.marks == marks && stored.token.is_identical(token)
}

/// Refuses a field of the body that differs from that of the URL.
pub(crate) fn require_equal<T: PartialEq>(
    field: &'static str,
    sent: Option<&T>,
    addressed: Option<&T>,
) -> Result<(), InvalidField> {
    match (sent, addressed) {
        (Some(sent), Some(addressed)) if sent != addressed => {
            Err(InvalidField::new(field, "differs from the one in the URL"))
        }
        _ => Ok(()),
    }
}
