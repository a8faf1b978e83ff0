//! Query parameters that several endpoints know.

use crate::endpoint::Parameter;
use crate::schema::{self, text};

/// Which of the Tokens of one uid.
pub(super) const TOKEN_TYPE: Parameter = Parameter {
    name: "type",
    description: "The type of the Token. Without one: the RFID token, else the only one that \
                  there is.",
    schema: schema::token::token_type,
};

/// Whose account.
pub(super) const ACCOUNT_TYPE: Parameter = Parameter {
    name: "type",
    description: "The type of the Token; RFID when it is not said.",
    schema: schema::token::token_type,
};

/// How much of a list.
pub(super) const LIMIT: Parameter = Parameter {
    name: "limit",
    description: "The most items of the page.",
    schema: schema::limit,
};

/// Which page of a list.
pub(super) const AFTER: Parameter = Parameter {
    name: "after",
    description: "The `next` of the page before, of the same question.",
    schema: text,
};
