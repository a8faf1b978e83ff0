//! What an answer says of a Token that we know: our copy is brought up to date.

use std::sync::Arc;

use ocpi_domain::{OcpiVersion, Token, TokenMarks};
use ocpi_ports::StorageError;

use crate::app::App;
use crate::deadline::in_time;
use crate::token_update::{NewToken, Update};

impl App {
    /// Stores the Token when we have a copy of it that is older. Nobody waits for it, and nothing is
    /// lost when it fails: the owner pushes the Token, too.
    pub(super) async fn learn_token(self: Arc<Self>, sent: Box<Token>, version: OcpiVersion) {
        let key = sent.key();
        if let Err(error) = in_time(self.replace_older(sent, version)).await {
            tracing::info!(
                target: "ocpi::charge_point",
                token = %key, "a Token that came with an answer is not stored: {error}",
            );
        }
    }

    async fn replace_older(
        &self,
        sent: Box<Token>,
        version: OcpiVersion,
    ) -> Result<(), StorageError> {
        let store = &self.ports.tokens;
        let Some(stored) = store.find_token(&sent.key()).await? else {
            return Ok(());
        };
        if stored.marks.absent || sent.last_updated <= stored.token.last_updated {
            return Ok(());
        }
        let new = NewToken {
            token: Arc::new(*sent),
            marks: TokenMarks::default(),
            version,
        };
        match new.update(Some(&stored), self.now()) {
            Update::Write(write) => store.put_token(write).await.map(|_| ()),
            Update::Stale | Update::Unchanged => Ok(()),
        }
    }
}
