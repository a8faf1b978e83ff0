//! Lines of CSV, as JSON. A line is a Token: a cell holds no line feed, so that a quotation mark
//! which nobody closed costs its own line and not the rest of the file.

use csv_core::{ReadRecordResult, Reader};

use super::chunk::Fault;
use crate::cli::columns::Column;

/// Columns that a Token cannot do without.
const REQUIRED: [Column; 5] = [
    Column::Uid,
    Column::ContractId,
    Column::Issuer,
    Column::Valid,
    Column::Whitelist,
];

/// Reads lines of CSV below the names of their columns.
pub(super) struct CsvLines {
    columns: Vec<Column>,
    cells: Cells,
}

/// The cells of one line.
struct Cells {
    reader: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
    count: usize,
}

impl CsvLines {
    /// Reads the names of the columns.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub(super) fn of_names(line: &[u8]) -> Result<CsvLines, String> {
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        if line.trim_ascii().is_empty() {
            return Err("is blank, and must name the columns".to_owned());
        }
        let mut cells = Cells {
            reader: Reader::new(),
            text: Vec::new(),
            ends: Vec::new(),
            count: 0,
        };
        cells.read(line).map_err(|fault| fault.reason)?;
        let mut columns = Vec::new();
        for cell in cells.iter() {
            let name = String::from_utf8_lossy(cell);
            let column = Column::of_name(name.trim()).ok_or_else(|| {
                let known = Column::ALL.map(Column::name).join(",");
                format!(
                    "`{}` is no column; there are, separated by commas: {known}",
                    name.trim()
                )
            })?;
            if columns.contains(&column) {
                return Err(format!("the column `{}` stands there twice", column.name()));
            }
            columns.push(column);
        }
        let missing: Vec<&str> = REQUIRED
            .into_iter()
            .filter(|required| !columns.contains(required))
            .map(Column::name)
            .collect();
        if missing.is_empty() {
            Ok(CsvLines { columns, cells })
        } else {
            Err(format!("columns are missing: {}", missing.join(",")))
        }
    }

    /// Adds the JSON object of a line to `json`.
    ///
    /// # Errors
    ///
    /// What is wrong with the line; `json` may hold a part of it then.
    pub(super) fn convert(&mut self, line: &[u8], json: &mut Vec<u8>) -> Result<(), Fault> {
        self.cells.read(line)?;
        if self.cells.count != self.columns.len() {
            return Err(Fault::of_line(format!(
                "has {} cells, the first line has {}",
                self.cells.count,
                self.columns.len()
            )));
        }
        json.push(b'{');
        for (column, cell) in self.columns.iter().zip(self.cells.iter()) {
            column.write(cell, json).map_err(|error| Fault {
                column: column.name().to_owned(),
                reason: error.to_string(),
            })?;
        }
        json.push(b'}');
        Ok(())
    }
}

impl Cells {
    /// Takes a line apart; it ends with a line feed.
    fn read(&mut self, line: &[u8]) -> Result<(), Fault> {
        // No cell is longer than the line, and there are not more of them than bytes.
        if self.text.len() < line.len() {
            self.text.resize(line.len(), 0);
            self.ends.resize(line.len() + 1, 0);
        }
        self.reader.reset();
        let (result, read, _, count) =
            self.reader
                .read_record(line, &mut self.text, &mut self.ends);
        self.count = count;
        let rest = line.get(read..).unwrap_or_default();
        match result {
            ReadRecordResult::Record if rest.iter().all(|byte| matches!(byte, b'\r' | b'\n')) => {
                Ok(())
            }
            ReadRecordResult::Record => Err(Fault::of_line("has a carriage return within it")),
            _ => Err(Fault::of_line("a quotation mark is not closed on its line")),
        }
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().take(self.count).map(move |end| {
            let cell = self.text.get(start..*end).unwrap_or_default();
            start = *end;
            cell
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[u8] = b"uid,contract_id,issuer,valid,whitelist,extra\n";

    fn converted(line: &str) -> Result<String, Fault> {
        let mut json = Vec::new();
        let mut lines = CsvLines::of_names(NAMES).unwrap();
        // A line of another length before it must leave nothing behind.
        let _ = lines.convert(b"a,b,c,true,d\n", &mut json);
        json.clear();
        lines.convert(format!("{line}\n").as_bytes(), &mut json)?;
        Ok(String::from_utf8(json).unwrap())
    }

    /// Beyond the protocol: CSV as spreadsheets write it.
    #[test]
    fn a_line_becomes_an_object() {
        let plain =
            r#"{"uid":"T","contract_id":"C","issuer":"I","valid":true,"whitelist":"NEVER"}"#;
        for line in [
            "T,C,I,true,NEVER,",
            "T,C,I,TRUE,NEVER,\r",
            "\"T\",C,\"I\",true,NEVER,\"\"",
        ] {
            assert_eq!(converted(line).unwrap(), plain, "{line}");
        }
        assert_eq!(
            converted(r#"T,C,"I, ""J""",true,NEVER,"{""x"":1}""#).unwrap(),
            r#"{"uid":"T","contract_id":"C","issuer":"I, \"J\"","valid":true,"whitelist":"NEVER","x":1}"#,
        );
    }

    /// Beyond the protocol: a bad line says its column and what is wrong.
    #[test]
    fn a_line_that_cannot_be_read_says_where_and_why() {
        for (line, column, reason) in [
            ("T,C,I,true,NEVER", "", "has 5 cells, the first line has 6"),
            (
                "T,C,I,true,NEVER,,",
                "",
                "has 7 cells, the first line has 6",
            ),
            ("T,C,I,yes,NEVER,", "valid", "must be true or false"),
            ("T,C,I,true,NEVER,x", "extra", "must be a JSON object"),
            (
                "T,C,\"I,true,NEVER,",
                "",
                "a quotation mark is not closed on its line",
            ),
            (
                "T,C,I\rJ,true,NEVER,",
                "",
                "has a carriage return within it",
            ),
        ] {
            let fault = converted(line).unwrap_err();
            assert_eq!((&*fault.column, &*fault.reason), (column, reason), "{line}");
        }
    }

    /// Beyond the protocol: a file whose columns cannot be known is not imported at all.
    #[test]
    fn the_first_line_must_name_the_columns() {
        for (names, said) in [
            ("uid,contract_id,issuer,valid\n", "whitelist"),
            ("uid,contract_id,issuer,valid,whitelist,color\n", "`color`"),
            ("uid,uid,contract_id,issuer,valid,whitelist\n", "twice"),
            ("uid;contract_id;issuer;valid;whitelist\n", "commas"),
            ("\n", "blank"),
        ] {
            let refused = CsvLines::of_names(names.as_bytes()).err().unwrap();
            assert!(refused.contains(said), "{names}: {refused}");
        }
        let names = [b"\xef\xbb\xbf", NAMES].concat();
        assert!(CsvLines::of_names(&names).is_ok(), "with a byte order mark");
        let spaced = b"whitelist, valid, issuer, contract_id, uid\r\n";
        assert!(CsvLines::of_names(spaced).is_ok(), "in any order");
    }
}
