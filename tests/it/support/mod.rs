//! What every test needs: a server, and a way to speak to it.

pub(crate) mod answer;
pub(crate) mod clock;
pub(crate) mod configured;
pub(crate) mod durable;
pub(crate) mod gate;
pub(crate) mod http;
pub(crate) mod pair;
pub(crate) mod peer;
pub(crate) mod program;
pub(crate) mod push;
pub(crate) mod random;
pub(crate) mod remote;
pub(crate) mod repository;
pub(crate) mod stores;
pub(crate) mod tls;
pub(crate) mod token;
pub(crate) mod until;
pub(crate) mod world;
