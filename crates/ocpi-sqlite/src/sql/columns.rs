//! Reading the columns of a row, one after the other.

use std::fmt::Display;
use std::str::FromStr;

use ocpi_domain::DateTime;
use rusqlite::Row;
use rusqlite::types::{Type, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::SqlError;

/// A number as SQLite stores it. What is beyond 2^63 - 1 becomes that: no row has it.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What is stored as JSON.
pub(super) fn json(value: &impl Serialize) -> Result<String, SqlError> {
    serde_json::to_string(value).map_err(|error| SqlError::Corrupt(error.to_string()))
}

/// The columns of a row from left to right. The first one tells the row from others in an error.
pub(super) struct Columns<'r> {
    row: &'r Row<'r>,
    table: &'static str,
    first: usize,
    next: usize,
}

impl<'r> Columns<'r> {
    /// The columns of that table in `row`, from the column at place `first` on.
    pub(super) fn new(row: &'r Row<'r>, table: &'static str, first: usize) -> Columns<'r> {
        Columns {
            row,
            table,
            first,
            next: first,
        }
    }

    /// What cannot be read in the column that was taken last.
    pub(super) fn corrupt(&self, reason: impl Display) -> SqlError {
        let id = match self.row.get_ref(self.first) {
            Ok(ValueRef::Integer(number)) => number.to_string(),
            Ok(ValueRef::Text(text)) => format!("{:?}", String::from_utf8_lossy(text)),
            _ => "?".to_owned(),
        };
        let column = self.next.saturating_sub(1);
        let name = self.row.as_ref().column_name(column).unwrap_or("?");
        SqlError::Corrupt(format!(
            "table {}, row {id}, column {name}: {reason}",
            self.table
        ))
    }

    /// The next column, of whatever type.
    pub(super) fn value(&mut self) -> Result<ValueRef<'r>, SqlError> {
        let value = self.row.get_ref(self.next)?;
        self.next += 1;
        Ok(value)
    }

    fn of_type<T>(&self, expected: Type, found: Type) -> Result<T, SqlError> {
        Err(self.corrupt(format_args!("must be {expected}, is {found}")))
    }

    /// A text.
    pub(super) fn text(&mut self) -> Result<&'r str, SqlError> {
        match self.optional_text()? {
            Some(text) => Ok(text),
            None => self.of_type(Type::Text, Type::Null),
        }
    }

    /// A text, or NULL.
    pub(super) fn optional_text(&mut self) -> Result<Option<&'r str>, SqlError> {
        match self.value()? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(text) => std::str::from_utf8(text)
                .map(Some)
                .map_err(|error| self.corrupt(error)),
            other => self.of_type(Type::Text, other.data_type()),
        }
    }

    /// A number.
    pub(super) fn integer(&mut self) -> Result<i64, SqlError> {
        match self.value()? {
            ValueRef::Integer(number) => Ok(number),
            other => self.of_type(Type::Integer, other.data_type()),
        }
    }

    /// A number that is not negative.
    pub(super) fn unsigned(&mut self) -> Result<u64, SqlError> {
        let number = self.integer()?;
        u64::try_from(number).map_err(|_| self.corrupt("must not be negative"))
    }

    /// Yes or no.
    pub(super) fn flag(&mut self) -> Result<bool, SqlError> {
        Ok(self.integer()? != 0)
    }

    /// A moment.
    pub(super) fn moment(&mut self) -> Result<DateTime, SqlError> {
        let ms = self.integer()?;
        DateTime::from_unix_ms(ms).map_err(|error| self.corrupt(error))
    }

    /// A moment, or NULL.
    pub(super) fn optional_moment(&mut self) -> Result<Option<DateTime>, SqlError> {
        match self.row.get_ref(self.next)? {
            ValueRef::Null => {
                self.next += 1;
                Ok(None)
            }
            _ => self.moment().map(Some),
        }
    }

    /// Bytes, or NULL.
    pub(super) fn optional_blob(&mut self) -> Result<Option<&'r [u8]>, SqlError> {
        match self.value()? {
            ValueRef::Null => Ok(None),
            ValueRef::Blob(bytes) => Ok(Some(bytes)),
            other => self.of_type(Type::Blob, other.data_type()),
        }
    }

    /// Bytes.
    pub(super) fn blob(&mut self) -> Result<&'r [u8], SqlError> {
        match self.optional_blob()? {
            Some(bytes) => Ok(bytes),
            None => self.of_type(Type::Blob, Type::Null),
        }
    }

    /// 32 bytes.
    pub(super) fn bytes(&mut self) -> Result<[u8; 32], SqlError> {
        let bytes = self.blob()?;
        bytes
            .try_into()
            .map_err(|_| self.corrupt("must be 32 bytes"))
    }

    /// A text with a rule.
    pub(super) fn parse<T: FromStr<Err: Display>>(&mut self) -> Result<T, SqlError> {
        let text = self.text()?;
        text.parse().map_err(|error| self.corrupt(error))
    }

    /// A text with a rule, or NULL.
    pub(super) fn parse_optional<T: FromStr<Err: Display>>(
        &mut self,
    ) -> Result<Option<T>, SqlError> {
        let text = self.optional_text()?;
        text.map(str::parse)
            .transpose()
            .map_err(|error| self.corrupt(error))
    }

    /// JSON.
    pub(super) fn json<T: DeserializeOwned>(&mut self) -> Result<T, SqlError> {
        let text = self.text()?;
        serde_json::from_str(text).map_err(|error| self.corrupt(error))
    }

    /// JSON, or NULL.
    pub(super) fn optional_json<T: DeserializeOwned>(&mut self) -> Result<Option<T>, SqlError> {
        let text = self.optional_text()?;
        text.map(serde_json::from_str)
            .transpose()
            .map_err(|error| self.corrupt(error))
    }
}
