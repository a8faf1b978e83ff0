//! Reading JSON more strictly than serde does by itself.
//!
//! What others wrote must not be read in two ways: a derived `Deserialize` takes an array of
//! values for an object, and of a name that stands twice in an object one value is lost.

mod object;
mod strict;

pub use object::Object;
pub use strict::check_strict;
