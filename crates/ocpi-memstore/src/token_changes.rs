//! Reading the changes of Tokens in pieces, with no lock held between them.

use std::ops::ControlFlow;

use ocpi_domain::{Party, Revision, StoredToken};
use ocpi_ports::ChangedTokens;

use crate::token_table::{Entry, TokenTable};

/// How many Tokens are looked at under one hold of the lock at most: some ten microseconds.
const PIECE: usize = 512;

/// The Tokens of some parties in the order of their last change.
pub(crate) struct ChangeScan<'a> {
    parties: &'a [Party],
    /// What is up to it was looked at.
    after: u64,
    /// The last revision when it began. What is written later comes after it: so no Token is
    /// found twice.
    until: u64,
}

impl<'a> ChangeScan<'a> {
    /// The changes after that revision.
    pub(crate) fn new(
        tokens: &TokenTable,
        parties: &'a [Party],
        Revision(after): Revision,
    ) -> ChangeScan<'a> {
        let until = tokens.last_revision();
        let is_in_vain = parties.is_empty();
        ChangeScan {
            parties,
            after: if is_in_vain { after.max(until) } else { after },
            until,
        }
    }

    /// Offers what is found in the next piece; one that is not taken ends it. Says whether it goes
    /// on.
    pub(crate) fn look_on(
        &mut self,
        tokens: &TokenTable,
        mut offer: impl FnMut(&Entry) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut changes = tokens.changes_after(self.after);
        for _ in 0..PIECE {
            let Some(entry) = changes.next().filter(|it| it.revision() <= self.until) else {
                // One that begins beyond the last revision stays there.
                self.after = self.after.max(self.until);
                return ControlFlow::Break(());
            };
            if self.parties.contains(&entry.party)
                && let ControlFlow::Break(()) = offer(entry)
            {
                return ControlFlow::Break(());
            }
            self.after = entry.revision();
        }
        ControlFlow::Continue(())
    }
}

/// A list of changes in the making.
pub(crate) struct ChangeList<'a> {
    scan: ChangeScan<'a>,
    limit: usize,
    tokens: Vec<StoredToken>,
}

impl<'a> ChangeList<'a> {
    /// The first so many that the scan finds.
    pub(crate) fn new(scan: ChangeScan<'a>, limit: usize) -> ChangeList<'a> {
        ChangeList {
            scan,
            limit,
            tokens: Vec::new(),
        }
    }

    /// Looks at the next piece; says whether the list goes on.
    pub(crate) fn look_on(&mut self, tokens: &TokenTable) -> ControlFlow<()> {
        let (found, limit) = (&mut self.tokens, self.limit);
        self.scan.look_on(tokens, |entry| {
            if found.len() >= limit {
                return ControlFlow::Break(());
            }
            found.push(entry.stored());
            ControlFlow::Continue(())
        })
    }

    /// The list. When others wrote meanwhile there may be more, or not.
    pub(crate) fn finish(self, tokens: &TokenTable) -> ChangedTokens {
        let through = self.scan.after;
        ChangedTokens {
            tokens: self.tokens,
            through: Revision(through),
            more: tokens.last_revision() > through,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ocpi_domain::{Token, TokenMarks};
    use ocpi_ports::TokenWrite;

    use super::*;
    use crate::index::TextHasher;

    fn put(tokens: &mut TokenTable, hasher: &TextHasher, token: Token, follows: Option<Revision>) {
        let found_by = hasher.of_token(&token);
        let write = TokenWrite {
            token: Arc::new(token),
            marks: TokenMarks::default(),
            follows,
        };
        tokens.put(write, found_by).unwrap();
    }

    /// So many Tokens.
    fn many(hasher: &TextHasher, count: usize) -> TokenTable {
        let mut tokens = TokenTable::default();
        for place in 0..count {
            let token = serde_json::from_str(&format!(
                r#"{{"country_code":"CH","party_id":"ABC","uid":"U-{place}","valid":true,
                    "type":"RFID","contract_id":"C","issuer":"I","whitelist":"NEVER",
                    "last_updated":"2025-01-01T00:00:00Z"}}"#
            ));
            put(&mut tokens, hasher, token.unwrap(), None);
        }
        tokens
    }

    /// Holds: E-40.
    #[test]
    fn what_is_written_between_two_pieces_is_listed_once_and_not_lost() {
        const COUNT: usize = 3 * PIECE + 10;
        let hasher = TextHasher::default();
        let mut tokens = many(&hasher, COUNT);
        let parties = [Party::new("CH", "ABC").unwrap()];
        let scan = ChangeScan::new(&tokens, &parties, Revision(0));
        let mut list = ChangeList::new(scan, usize::MAX);
        while list.look_on(&tokens).is_continue() {
            // One that was listed, and one that was not.
            for place in [0, COUNT - 1] {
                let stored = tokens.entries()[place].stored();
                let token = Token::clone(&stored.token);
                put(&mut tokens, &hasher, token, Some(stored.revision));
            }
        }
        let first = list.finish(&tokens);
        assert_eq!(first.tokens.len(), COUNT - 1);
        assert!(first.more);
        let scan = ChangeScan::new(&tokens, &parties, first.through);
        let mut list = ChangeList::new(scan, usize::MAX);
        while list.look_on(&tokens).is_continue() {}
        let rest = list.finish(&tokens);
        let due = [0, COUNT - 1].map(|place| tokens.entries()[place].stored());
        assert_eq!(rest.tokens, due);
        assert!(!rest.more);
    }
}
