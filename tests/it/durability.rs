//! Nothing acknowledged is lost: the program on a store file, killed, cramped, damaged and stopped.

mod cards;
mod clean_stop;
mod corrupt;
mod disk_full;
mod kill;
mod ledger;
mod load;
mod lost_log;
mod push;
mod read_only;
mod rotation;
mod two_processes;
