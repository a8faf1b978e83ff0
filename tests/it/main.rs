//! Whole-server tests over real sockets, and the tests of the house itself.
//!
//! One binary: linking is what tests wait for. `support` starts servers and speaks HTTP; each
//! other module holds one part of `docs/protocol.md`, whose ids its tests name under `Holds:`.
//! (`cfg(test)` on each module tells the lints that all of it is test code.)

#[cfg(test)]
mod admin;
#[cfg(test)]
mod architecture;
#[cfg(test)]
mod authorize;
#[cfg(test)]
mod binary;
#[cfg(test)]
mod charge_point;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod dialect;
#[cfg(test)]
mod durability;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod list_tokens;
#[cfg(test)]
mod locations;
#[cfg(test)]
mod operator;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod support;
#[cfg(test)]
mod sync;
#[cfg(test)]
mod tidy;
#[cfg(test)]
mod token_copies;
#[cfg(test)]
mod transport;
#[cfg(test)]
mod v2_1_1;
#[cfg(test)]
mod v2_2_1;
#[cfg(test)]
mod versions;
