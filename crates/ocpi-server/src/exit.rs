//! How the program ends. `args.rs` and `docs/operating.md` say the same to its user.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::system;

/// The exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// Could not be done.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// What was asked for is not there.
    NotFound = 3,
    /// Done in part.
    Partly = 4,
    /// The audit found a fault.
    Fault = 5,
    /// The store cannot be opened, or its server not be reached.
    Unreachable = 6,
    /// A second signal came: 128 and the number of SIGINT.
    CutShort = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why a command did not do what it was told.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// What was wrong, and what to do.
    detail: String,
    /// The problem document, when it came with one.
    problem: Option<Value>,
}

impl Failure {
    /// A failure that ends the program so.
    pub(crate) fn new(exit: Exit, detail: impl Into<String>) -> Failure {
        Failure {
            exit,
            detail: detail.into(),
            problem: None,
        }
    }

    /// The server said so, in a problem document.
    pub(crate) fn of_problem(exit: Exit, problem: Value) -> Failure {
        Failure {
            exit,
            detail: problem["detail"].as_str().unwrap_or_default().to_owned(),
            problem: Some(problem),
        }
    }

    /// Whether a server was reached, and said so.
    pub(crate) fn is_problem(&self) -> bool {
        self.problem.is_some()
    }

    /// Says why on standard error: for a person, or as the problem document.
    pub(crate) fn print(&self, is_json: bool) {
        if is_json {
            let made = || json!({"title": "the command could not be done", "detail": self.detail});
            let problem = self.problem.clone().unwrap_or_else(made);
            system::print_to_stderr(&format!("{problem}\n"));
        } else {
            system::print_error(&self.detail);
        }
    }
}

/// What is wrong with settings and files, with its causes.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        Failure::new(Exit::Failed, format!("{error:#}"))
    }
}
