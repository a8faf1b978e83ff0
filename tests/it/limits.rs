//! What a peer may take of us: T-48.

mod connections;
mod sizes;
mod stop;
