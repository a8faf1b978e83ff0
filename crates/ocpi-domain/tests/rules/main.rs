//! What the domain promises, through its public API alone.
//!
//! Each test names the requirements that it holds.

// `cfg(test)` says to clippy what cargo knows: all of this is test code, the functions beside the
// tests too.
#[cfg(test)]
mod charge_point;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod credentials_use;
#[cfg(test)]
mod exhaustive;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod json;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod naive;
#[cfg(test)]
mod ocpp;
#[cfg(test)]
mod phase;
#[cfg(test)]
mod pushed_places;
#[cfg(test)]
mod support;
#[cfg(test)]
mod table;
#[cfg(test)]
mod updates;
#[cfg(test)]
mod version;
#[cfg(test)]
mod whitelist;
