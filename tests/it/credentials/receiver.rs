//! We as Receiver of credentials: a platform, as a test writes it, comes to us.

mod delete;
mod listed;
mod older;
mod parties;
mod post;
mod put;
mod refused;
mod rivals;
