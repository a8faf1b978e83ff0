//! A CPO's own question: may this card charge at this charge point, or stop this session?

mod asking;
mod breaker;
mod decisions;
mod fail_closed;
mod fan_out;
mod hosted;
mod operator;
mod stage;
mod stopping;
