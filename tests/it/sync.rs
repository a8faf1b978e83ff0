//! Tokens on their way: ours to every CPO, and every eMSP's to us.

mod cpo;
mod emsp;
mod pull;
mod push;
mod stage;
