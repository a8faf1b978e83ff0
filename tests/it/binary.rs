//! The program itself, as an operator starts it.

mod durable;
mod example;
mod log;
mod outbound;
mod platforms;
mod quickstart;
mod secret_key;
mod settings;
mod signals;
mod tls;
