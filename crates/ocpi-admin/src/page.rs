//! One page of a list.

use serde::Serialize;

/// The most items of a page.
pub(crate) const LIMIT_MAX: u64 = 1000;

/// The items of a page when the question does not say.
pub(crate) const LIMIT_DEFAULT: u64 = 50;

/// A page as the operator sees it.
#[derive(Serialize)]
pub(crate) struct Items<T> {
    pub(crate) items: Vec<T>,
    /// What to send as `after` for the page that follows; `null` when none follows.
    pub(crate) next: Option<String>,
}

impl<T> Items<T> {
    /// A page of at most `limit` items out of `found`, which holds one more when a page follows.
    /// It goes on after the `place` of its last item.
    pub(crate) fn first<F>(
        mut found: Vec<F>,
        limit: usize,
        place: impl FnOnce(&F) -> String,
        show: impl FnMut(F) -> T,
    ) -> Items<T> {
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(place);
        Items {
            items: found.into_iter().map(show).collect(),
            next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_its_last_item_only_when_more_follow() {
        let page = |found: Vec<u32>, limit| {
            let page = Items::first(found, limit, u32::to_string, |item| item * 10);
            (page.items, page.next)
        };
        assert_eq!(page(vec![], 2), (vec![], None));
        assert_eq!(page(vec![1, 2], 2), (vec![10, 20], None));
        assert_eq!(page(vec![1, 2, 3], 2), (vec![10, 20], Some("2".to_owned())));
    }
}
