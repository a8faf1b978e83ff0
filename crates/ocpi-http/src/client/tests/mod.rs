//! Calls of peers that listen on this machine.

mod answers;
mod credentials;
mod limits;
mod log;
mod peer;
mod redirects;
mod requests;
mod reuse;
mod tls;
mod tokens;
mod versions;
mod whom;
