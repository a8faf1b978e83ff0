//! The parameters of a query.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use ocpi_domain::{Cursor, DateTime, Party};

use crate::endpoint::Parameter;
use crate::failure::Failure;
use crate::page::{LIMIT_DEFAULT, LIMIT_MAX};
use crate::path::decoded;

/// The parameters, decoded; each of a name that the endpoint knows, and none twice.
#[derive(Debug)]
pub(crate) struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    /// The parameters of what follows the `?`. A `+` is a plus: times carry it unescaped.
    ///
    /// # Errors
    ///
    /// [`Failure::Invalid`] that names a parameter which is not known, or is there twice.
    pub(crate) fn parse(query: Option<&'a str>, known: &[Parameter]) -> Result<Query<'a>, Failure> {
        let mut parameters: Vec<(Cow<'a, str>, Cow<'a, str>)> = Vec::new();
        let parts = query.unwrap_or_default().split('&');
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let name = decoded(name);
            if !known.iter().any(|known| known.name == name) {
                return Err(unknown(&name, known));
            }
            if parameters.iter().any(|(earlier, _)| *earlier == name) {
                return Err(invalid(&name, "given twice"));
            }
            parameters.push((name, decoded(value)));
        }
        Ok(Query(parameters))
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| &**value)
    }

    /// The value of `name`, when it is there.
    ///
    /// # Errors
    ///
    /// [`Failure::Invalid`] that says what it must be.
    pub(crate) fn read<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<T>, Failure> {
        let read = |text: &str| text.parse().map_err(|error| invalid(name, error));
        self.get(name).map(read).transpose()
    }

    /// The moment `name`. A blank stands where a plus was not escaped.
    pub(crate) fn moment(&self, name: &str) -> Result<Option<DateTime>, Failure> {
        let read = |text: &str| {
            let text = text.replace(' ', "+");
            text.parse().map_err(|error| invalid(name, error))
        };
        self.get(name).map(read).transpose()
    }

    /// The party `party`, as `CH/ABC`.
    pub(crate) fn party(&self) -> Result<Option<Party>, Failure> {
        let read = |text: &str| {
            let (country_code, party_id) = text
                .split_once('/')
                .ok_or_else(|| invalid("party", "must be like CH/ABC"))?;
            Party::new(country_code, party_id).map_err(|error| invalid("party", error))
        };
        self.get("party").map(read).transpose()
    }

    /// The most items of a page.
    pub(crate) fn limit(&self) -> Result<usize, Failure> {
        let limit = match self.get("limit") {
            None => Some(LIMIT_DEFAULT),
            Some(text) if !text.bytes().all(|byte| byte.is_ascii_digit()) => None,
            Some(text) => text.parse().ok(),
        };
        limit
            .filter(|limit| (1..=LIMIT_MAX).contains(limit))
            .and_then(|limit| usize::try_from(limit).ok())
            .ok_or_else(|| invalid("limit", format_args!("must be a number, 1 to {LIMIT_MAX}")))
    }

    /// The place after which a page starts.
    pub(crate) fn after(&self) -> Result<Option<Cursor>, Failure> {
        let read = |text: &str| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            let place = text.parse().ok().filter(|_| digits);
            place
                .map(Cursor)
                .ok_or_else(|| invalid("after", "must be the `next` of a page"))
        };
        self.get("after").map(read).transpose()
    }
}

fn invalid(name: &str, why: impl Display) -> Failure {
    Failure::invalid(&format!("query parameter `{name}`"), why)
}

fn unknown(name: &str, known: &[Parameter]) -> Failure {
    let names: Vec<String> = known
        .iter()
        .map(|known| format!("`{}`", known.name))
        .collect();
    if names.is_empty() {
        invalid(name, "not known here, where none is")
    } else {
        invalid(
            name,
            format_args!("not known here; known are {}", names.join(", ")),
        )
    }
}

#[cfg(test)]
mod tests {
    use ocpi_domain::AllowedType;

    use super::*;

    fn parse(query: &str) -> Result<Query<'_>, Failure> {
        let known = ["party", "from", "allowed", "limit", "after"].map(|name| Parameter {
            name,
            description: "",
            schema: || serde_json::Value::Null,
        });
        Query::parse(Some(query), &known)
    }

    #[test]
    fn values_are_decoded_and_read() {
        let query = parse("party=ch/aBc&&allowed=NO%5FCREDIT&limit=1000&after=7").unwrap();
        assert_eq!(query.party().unwrap(), Party::new("CH", "ABC").ok());
        assert_eq!(query.read("allowed").unwrap(), Some(AllowedType::NoCredit));
        assert_eq!(query.limit().unwrap(), 1000);
        assert_eq!(query.after().unwrap(), Some(Cursor(7)));
        let none = parse("").unwrap();
        assert_eq!(none.read::<AllowedType>("allowed").unwrap(), None);
        assert_eq!((none.limit().unwrap(), none.after().unwrap()), (50, None));
    }

    #[test]
    fn a_moment_may_have_lost_its_plus() {
        for text in [
            "01:00:00+01:00",
            "01:00:00%2B01:00",
            "01:00:00%2001:00",
            "00:00:00",
        ] {
            let query = format!("from=2024-01-01T{text}");
            let moment = parse(&query).unwrap().moment("from").unwrap().unwrap();
            assert_eq!(moment.to_string(), "2024-01-01T00:00:00Z", "{text}");
        }
    }

    #[test]
    fn every_slip_is_refused_by_its_name() {
        let read = |text: &str| -> Result<(), Failure> {
            let query = parse(text)?;
            query.party()?;
            query.moment("from")?;
            query.read::<AllowedType>("allowed")?;
            query.limit()?;
            query.after()?;
            Ok(())
        };
        for (text, name) in [
            ("alowed=ALLOWED", "alowed"),
            ("allowed", "allowed"),
            ("allowed=allowed", "allowed"),
            ("allowed=ALLOWED&allowed=ALLOWED", "allowed"),
            ("limit=1&lim%69t=1", "limit"),
            ("limit=0", "limit"),
            ("limit=1001", "limit"),
            ("limit=%2B1", "limit"),
            ("limit=99999999999999999999", "limit"),
            ("limit=", "limit"),
            ("after=", "after"),
            ("after=-1", "after"),
            ("after=+1", "after"),
            ("after=99999999999999999999", "after"),
            ("from=yesterday", "from"),
            ("party=CHABC", "party"),
            ("party=CH/AB", "party"),
            ("%FF=1", "\u{fffd}"),
        ] {
            let refused = read(text).unwrap_err().to_string();
            assert!(
                refused.starts_with(&format!("query parameter `{name}`: ")),
                "{text}: {refused}"
            );
        }
    }

    #[test]
    fn what_is_known_is_said() {
        let refused = parse("page=2").unwrap_err().to_string();
        assert!(refused.contains("known are `party`, `from`"), "{refused}");
        let refused = Query::parse(Some("page=2"), &[]).unwrap_err().to_string();
        assert!(refused.contains("where none is"), "{refused}");
    }
}
