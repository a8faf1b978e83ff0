//! Questions of charge points, with eMSPs whose every word a test decides.

mod asked;
mod breaker;
mod hints;
mod hosted;
mod left;
mod owners;
mod platform_id;
mod record;
mod stop;
mod table;
mod unknown;
mod upstream;
mod world;
