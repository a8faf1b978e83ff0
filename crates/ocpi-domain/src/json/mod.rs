//! Reading JSON more strictly than serde does by itself, and keeping what is not ours to change.
//!
//! What others wrote must not be read in two ways: a derived `Deserialize` takes an array of
//! values for an object, and of a name that stands twice in an object one value is lost.

mod object;
mod raw_object;
mod strict;

pub use object::Object;
pub use raw_object::RawObject;
pub use strict::check_strict;
