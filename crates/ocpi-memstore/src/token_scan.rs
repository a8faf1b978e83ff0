//! Reading a list of Tokens in pieces, with no lock held between them.

use ocpi_domain::{Page, PageRequest, StoredToken};
use ocpi_ports::TokenQuery;

use crate::paging::Paging;
use crate::places::CHUNK;
use crate::token_table::{Entry, TokenTable, TypeSet};

/// How many Tokens are looked at under one hold of the lock at most: some ten microseconds.
const PIECE: usize = CHUNK;

/// A list in the making.
pub(crate) struct TokenScan<'a> {
    query: &'a TokenQuery,
    without_types: TypeSet<'a>,
    page: &'a PageRequest,
    paging: Paging<'a, StoredToken>,
}

impl<'a> TokenScan<'a> {
    /// Prepares the list, and finds what needs no looking at the Tokens.
    pub(crate) fn new(
        tokens: &TokenTable,
        query: &'a TokenQuery,
        page: &'a PageRequest,
    ) -> TokenScan<'a> {
        let without_types = TypeSet::new(&query.without_types);
        let mut paging = Paging::new(page, tokens.entries().len() as u64);
        if page.window.is_open()
            && let Some(total) = tokens.total(&query.parties, &without_types)
        {
            paging.know_total(total);
        }
        TokenScan {
            query,
            without_types,
            page,
            paging,
        }
    }

    /// Whether nothing is left to look at.
    pub(crate) fn is_done(&self) -> bool {
        self.paging.is_done()
    }

    /// Looks at the next piece.
    pub(crate) fn look_on(&mut self, tokens: &TokenTable) {
        let next = usize::try_from(self.paging.next()).unwrap_or(usize::MAX);
        let until = (next / PIECE + 1).saturating_mul(PIECE) as u64;
        let until = until.min(self.paging.end());
        let piece = (self.paging.next()..until).zip(tokens.entries().piece(next));
        self.paging.look_on_at(until);
        for (place, entry) in piece {
            if self.matches(entry) && self.paging.offer(place, || entry.stored()).is_break() {
                return;
            }
        }
    }

    fn matches(&self, entry: &Entry) -> bool {
        self.page.window.contains(entry.last_updated)
            && !self.without_types.holds(entry)
            && self.query.parties.contains(&entry.party)
    }

    /// The page that was found.
    pub(crate) fn finish(self) -> Page<StoredToken> {
        self.paging.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ocpi_domain::{
        Cursor, DateTime, DateWindow, PageStart, Party, Revision, Token, TokenMarks, TokenType,
    };
    use ocpi_ports::TokenWrite;

    use super::*;
    use crate::index::TextHasher;

    /// Enough for some pieces and a rest.
    const COUNT: usize = 3 * PIECE + 100;

    fn at(second: usize) -> DateTime {
        DateTime::from_unix_ms(i64::try_from(second).unwrap() * 1000).unwrap()
    }

    fn put(tokens: &mut TokenTable, hasher: &TextHasher, token: Token, follows: Option<Revision>) {
        let found_by = hasher.of_token(&token);
        let write = TokenWrite {
            token: Arc::new(token),
            marks: TokenMarks::default(),
            follows,
        };
        tokens.put(write, found_by).unwrap();
    }

    /// Tokens of two parties, a few of the second, and types that come in turn; afterwards many
    /// were updated, some of them often.
    fn many(types: &[TokenType]) -> TokenTable {
        let (mut tokens, hasher) = (TokenTable::default(), TextHasher::default());
        for place in 0..COUNT {
            let party = if place % 1000 == 999 { "XYZ" } else { "ABC" };
            let token_type = &types[place % types.len()];
            let token = serde_json::from_str(&format!(
                r#"{{"country_code":"CH","party_id":"{party}","uid":"U-{place}","valid":true,
                    "type":"{token_type}","contract_id":"C","issuer":"I","whitelist":"NEVER",
                    "last_updated":"{}"}}"#,
                at(place % 100)
            ));
            put(&mut tokens, &hasher, token.unwrap(), None);
        }
        for step in 0..2 * COUNT {
            let stored = tokens.entries()[step * step % COUNT].stored();
            let mut token = Token::clone(&stored.token);
            token.last_updated = at(step % 100);
            put(&mut tokens, &hasher, token, Some(stored.revision));
        }
        tokens
    }

    fn list(tokens: &TokenTable, query: &TokenQuery, page: &PageRequest) -> Page<StoredToken> {
        let mut scan = TokenScan::new(tokens, query, page);
        while !scan.is_done() {
            scan.look_on(tokens);
        }
        scan.finish()
    }

    /// What matches, by looking at every Token at once.
    fn matching(
        tokens: &TokenTable,
        query: &TokenQuery,
        window: DateWindow,
    ) -> Vec<(usize, StoredToken)> {
        let entries = tokens.entries();
        (0..entries.len())
            .map(|place| (place, entries[place].stored()))
            .filter(|(_, one)| query.parties.contains(&one.token.party))
            .filter(|(_, one)| !query.without_types.contains(&one.token.token_type))
            .filter(|(_, one)| window.contains(one.token.last_updated))
            .collect()
    }

    /// The page of what matches.
    fn cut(matching: &[(usize, StoredToken)], page: &PageRequest) -> Page<StoredToken> {
        let start = match page.start {
            PageStart::Offset(offset) => matching.len().min(usize::try_from(offset).unwrap()),
            PageStart::After(after) => {
                matching.partition_point(|(place, _)| *place as u64 <= after.0)
            }
        };
        let found = &matching[start..matching.len().min(start.saturating_add(page.limit))];
        let more_follow = start + found.len() < matching.len();
        let last = found.last().filter(|_| more_follow);
        Page {
            items: found.iter().map(|(_, one)| one.clone()).collect(),
            total: matching.len() as u64,
            next: last.map(|(place, _)| Cursor(*place as u64)),
        }
    }

    fn queries(types: &[TokenType]) -> Vec<TokenQuery> {
        let [abc, xyz] = ["ABC", "XYZ"].map(|id| Party::new("CH", id).unwrap());
        let mut queries = Vec::new();
        for parties in [vec![abc, xyz], vec![xyz]] {
            for without_types in [&[], &types[..1], &types[1..]] {
                queries.push(TokenQuery {
                    parties: parties.clone(),
                    without_types: without_types.to_vec(),
                });
            }
        }
        queries
    }

    /// Holds: P-04, P-08.
    #[test]
    fn a_list_read_in_pieces_is_the_list_read_at_once() {
        let types = [TokenType::Rfid, "FLEET".parse().unwrap(), TokenType::Emaid];
        let tokens = many(&types);
        let windows = [
            (None, None),
            (Some(at(30)), Some(at(40))),
            (Some(at(99)), None),
        ];
        let places = [0, 1, PIECE - 1, PIECE, COUNT / 2, COUNT - 1, COUNT];
        let starts = places.map(|place| {
            let place = place as u64;
            [PageStart::Offset(place), PageStart::After(Cursor(place))]
        });
        let mut held = 0;
        for query in queries(&types) {
            for (from, to) in windows {
                let window = DateWindow { from, to };
                let matching = matching(&tokens, &query, window);
                for start in starts.into_iter().flatten() {
                    for limit in [0, 1, 50, PIECE + 1] {
                        let page = PageRequest {
                            start,
                            limit,
                            window,
                        };
                        let found = list(&tokens, &query, &page);
                        assert!(found == cut(&matching, &page), "{query:?} {page:?}");
                        held += usize::from(!found.items.is_empty());
                    }
                }
            }
        }
        assert!(held > 300, "only {held} pages hold anything");
    }

    /// Types are any text that a peer sends: what is kept for them must not grow with each.
    #[test]
    fn invented_types_share_one_total_and_are_still_told_apart() {
        let invented: Vec<TokenType> = (0..40)
            .map(|number| format!("TYPE-{number}").parse().unwrap())
            .collect();
        let tokens = many(&invented);
        assert_eq!(tokens.totals_kept(), 2, "one for each of two parties");
        let page = PageRequest {
            start: PageStart::Offset(0),
            limit: 50,
            window: DateWindow::default(),
        };
        for query in queries(&invented) {
            let matching = matching(&tokens, &query, page.window);
            assert!(list(&tokens, &query, &page) == cut(&matching, &page));
        }
    }

    /// Holds: P-08, P-09.
    #[test]
    fn what_is_created_between_two_pieces_is_not_part_of_the_list() {
        let types = [TokenType::Rfid];
        let mut tokens = many(&types);
        let query = TokenQuery {
            parties: vec![Party::new("CH", "ABC").unwrap()],
            without_types: vec![],
        };
        let page = PageRequest {
            start: PageStart::Offset(0),
            limit: usize::MAX,
            window: DateWindow::default(),
        };
        let expected = cut(&matching(&tokens, &query, page.window), &page);
        let first = Token::clone(&tokens.entries()[0].stored().token);
        let mut scan = TokenScan::new(&tokens, &query, &page);
        for number in 0.. {
            if scan.is_done() {
                break;
            }
            scan.look_on(&tokens);
            let mut token = first.clone();
            token.uid = format!("NEW-{number}").parse().unwrap();
            put(&mut tokens, &TextHasher::default(), token, None);
        }
        assert!(tokens.entries().len() > COUNT + 2);
        assert!(scan.finish() == expected);
    }
}
