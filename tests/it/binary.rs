//! The program itself, as an operator starts it.

mod log;
mod quickstart;
mod settings;
mod signals;
