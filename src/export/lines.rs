//! Lines in order without holding them in memory: an index has one for each capture.

use std::io::Write;

use rusqlite::Connection;

use super::Fault;

/// Lines that wait to be sorted, in a file of SQLite's own that goes with it.
pub struct Lines {
    kept: Connection,
}

impl Lines {
    pub fn new() -> Result<Lines, rusqlite::Error> {
        let kept = Connection::open("")?;
        // Kept past 4 MB on disk, in no need of surviving anything.
        kept.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -4000;
             CREATE TABLE line (text TEXT NOT NULL) STRICT; BEGIN;",
        )?;
        Ok(Lines { kept })
    }

    pub fn push(&mut self, line: &str) -> Result<(), rusqlite::Error> {
        self.kept.prepare_cached("INSERT INTO line (text) VALUES (?1)")?.execute([line])?;
        Ok(())
    }

    /// Writes all of them, ordered by their bytes.
    pub fn write(self, out: &mut (impl Write + ?Sized)) -> Result<(), Fault> {
        let mut select = self.kept.prepare("SELECT text FROM line ORDER BY text")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            out.write_all(row.get_ref(0)?.as_bytes().map_err(rusqlite::Error::from)?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_a_list_would_be_sorted() {
        let (mut lines, mut list) = (Lines::new().unwrap(), Vec::new());
        for n in 0..3_000_u32 {
            let line = format!("{:x} 公开 {n}\n", n.wrapping_mul(2_654_435_761) % 500);
            lines.push(&line).unwrap();
            list.push(line);
        }
        list.sort();
        let mut written = Vec::new();
        assert!(lines.write(&mut written).is_ok());
        assert_eq!(String::from_utf8(written).unwrap(), list.concat());
    }
}
