//! What an eMSP lists no more.
//!
//! After a crawl of everything that missed nothing, our copies of the Tokens that it did not see
//! are marked: a charge point takes them for unknown cards, until their owner sends them again.
//!
//! Spec: 2.3.0 `mod_tokens`, Sender interface, GET method.

use ocpi_domain::{
    Cursor, DateWindow, PageRequest, PageStart, Party, PlatformId, Role, StoredToken, TokenMarks,
    TokenType,
};
use ocpi_ports::{Crawl, StorageError, TokenQuery, TokenWrite};

use super::running::Running;
use super::seen::Seen;
use super::trouble::Failure;
use crate::app::App;
use crate::deadline::in_time;

/// Tokens that are looked at, and written, at once.
const BATCH: usize = 500;

/// Types that an eMSP need not list, and whose absence says nothing.
const NOT_LISTED: [TokenType; 3] = [TokenType::AdHocUser, TokenType::AppUser, TokenType::Emaid];

impl App {
    /// Marks the Tokens of the platform that a crawl of everything did not see.
    pub(super) async fn mark_absent(
        &self,
        id: &PlatformId,
        crawl: &Crawl,
        running: &Running,
    ) -> Result<(), Failure> {
        let stored = in_time(self.ports.platforms.find_platform(id)).await?;
        let Some(stored) = stored else { return Ok(()) };
        let seen = Seen::new(in_time(self.ports.sync.list_seen(id)).await?);
        if let Some(why) = incomplete(crawl, &seen, running) {
            tracing::warn!(
                platform = %id,
                "Tokens that are not listed any more stay valid here, for the list may not be \
                 whole: {why}",
            );
            return Ok(());
        }
        let mut parties: Vec<Party> = stored.platform.parties(&Role::Emsp).collect();
        parties.retain(|party| !self.hosting.hosts(*party, &Role::Emsp));
        for party in &parties {
            // An eMSP that only pushes lists nothing, and so does one whose list is out of order:
            // some list the Tokens of one of their eMSPs only, whoever is asked for.
            if !self.has_seen_some(*party, &seen).await? {
                tracing::warn!(
                    platform = %id, %party, "none of its Tokens is listed, so they stay as they are",
                );
                continue;
            }
            let absent = self.mark_absent_of(*party, crawl, &seen).await?;
            self.syncs
                .with_pull(id, |pull| pull.counts.absent += absent);
            if absent > 0 {
                tracing::info!(platform = %id, %party, absent, "Tokens are not listed any more");
            }
        }
        Ok(())
    }

    /// Whether the list has Tokens of the party, or we have none.
    async fn has_seen_some(&self, party: Party, seen: &Seen) -> Result<bool, StorageError> {
        let mut after = None;
        let mut has_none = true;
        loop {
            let (tokens, next) = self.listed_tokens(party, after).await?;
            let is_seen = |stored: &StoredToken| seen.contains(&stored.token.key());
            if tokens.iter().any(is_seen) {
                return Ok(true);
            }
            has_none &= tokens.is_empty();
            if next.is_none() {
                return Ok(has_none);
            }
            after = next;
        }
    }

    /// Marks those of one party; how many.
    async fn mark_absent_of(
        &self,
        party: Party,
        crawl: &Crawl,
        seen: &Seen,
    ) -> Result<u64, StorageError> {
        let mut absent = 0;
        let mut after = None;
        loop {
            let (tokens, next) = self.listed_tokens(party, after).await?;
            let missing = tokens.into_iter().filter(|stored| {
                // What was written since the crawl began was sent by its owner.
                stored.revision <= crawl.began_after
                    && !stored.marks.absent
                    && !seen.contains(&stored.token.key())
            });
            let writes: Vec<TokenWrite> = missing.map(marked_absent).collect();
            if !writes.is_empty() {
                // A write that came first is news of the Token.
                let written = in_time(self.ports.tokens.put_tokens(writes)).await?;
                absent += written.iter().flatten().count() as u64;
            }
            if next.is_none() {
                return Ok(absent);
            }
            after = next;
        }
    }

    /// A page of our copies of the party's Tokens, of the types that an eMSP lists.
    async fn listed_tokens(
        &self,
        party: Party,
        after: Option<Cursor>,
    ) -> Result<(Vec<StoredToken>, Option<Cursor>), StorageError> {
        let query = TokenQuery {
            parties: vec![party],
            without_types: NOT_LISTED.to_vec(),
        };
        let page = PageRequest {
            start: after.map_or(PageStart::Offset(0), PageStart::After),
            limit: BATCH,
            window: DateWindow::default(),
        };
        let page = in_time(self.ports.tokens.list_tokens(&query, &page)).await?;
        let mut tokens = page.items;
        tokens
            .retain(|stored| matches!(stored.token.token_type, TokenType::Rfid | TokenType::Other));
        Ok((tokens, page.next))
    }
}

/// Why the crawl may have missed something, if it may.
fn incomplete(crawl: &Crawl, seen: &Seen, running: &Running) -> Option<String> {
    // Objects that are not the platform's could be read.
    if crawl.left_out != running.not_ours {
        let reason = crawl
            .left_out_reason
            .as_deref()
            .unwrap_or("they cannot be read");
        return Some(format!(
            "{} objects of it were left out: {reason}",
            crawl.left_out
        ));
    }
    match crawl.total {
        Some(total) if total > seen.len() => Some(format!(
            "it has {total} objects, and {} of them were seen",
            seen.len()
        )),
        None if !running.has_room_left() => Some(
            "it does not say how many objects it has, and its last page is as full as the others"
                .to_owned(),
        ),
        _ => None,
    }
}

fn marked_absent(stored: StoredToken) -> TokenWrite {
    TokenWrite {
        token: stored.token,
        marks: TokenMarks {
            absent: true,
            ..stored.marks
        },
        follows: Some(stored.revision),
    }
}
