//! The program itself, as an operator starts it.

mod durable;
mod example;
mod log;
mod quickstart;
mod settings;
mod signals;
