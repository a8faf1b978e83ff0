//! Calls of peers that listen on this machine.

mod answers;
mod credentials;
mod limits;
mod log;
mod pages;
mod peer;
mod places;
mod redirects;
mod requests;
mod reuse;
mod tls;
mod tokens;
mod versions;
mod whom;
