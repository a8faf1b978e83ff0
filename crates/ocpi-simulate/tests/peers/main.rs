//! Peers, seen by a plain client over real HTTP.
//! (`cfg(test)` on each module tells the lints that all of it is test code.)

#[cfg(test)]
mod crawl;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod plain;
#[cfg(test)]
mod questions;
#[cfg(test)]
mod registration;
#[cfg(test)]
mod store;
#[cfg(test)]
mod taps;
