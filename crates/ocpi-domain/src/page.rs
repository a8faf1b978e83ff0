//! One page of a list, and what was asked for.
//!
//! Spec: 2.3.0 `transport_and_format`, Pagination.

use crate::time::DateTime;

/// A window over `last_updated`: from inclusive, to exclusive; absent bounds are open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DateWindow {
    /// The first moment inside.
    pub from: Option<DateTime>,
    /// The first moment after it.
    pub to: Option<DateTime>,
}

impl DateWindow {
    /// Whether `moment` is inside.
    pub fn contains(&self, moment: DateTime) -> bool {
        self.from.is_none_or(|from| from <= moment) && self.to.is_none_or(|to| moment < to)
    }

    /// Whether the window has no bound at all.
    pub fn is_open(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }
}

/// A place in a list, kept by the store for the life of an object: its position in creation
/// order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor(pub u64);

/// Where a page starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageStart {
    /// After so many objects that match. May cost time linear in the number.
    Offset(u64),
    /// After the object at this place: costs nothing.
    After(Cursor),
}

/// The part of a list that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// Where it starts.
    pub start: PageStart,
    /// The most objects to return; may be 0.
    pub limit: usize,
    /// Which objects match, by their `last_updated`.
    pub window: DateWindow,
}

/// The part of a list that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The objects, in creation order.
    pub items: Vec<T>,
    /// How many objects match in all, whatever the start and the limit.
    pub total: u64,
    /// The place of the last object, when more that match follow it; `None` when none follow, or
    /// none were asked for.
    pub next: Option<Cursor>,
}
