//! What a monitor asks of an archive.

mod exposition;

use rusqlite::Connection;

pub use exposition::{Exposition, Family, Kind, Samples};

use crate::store::StoreError;

/// Each with the query that gives its labels (name in the column's name) and, last, its number.
const FAMILIES: [(Family, &str); 8] = [
    (
        Family { name: "gongkai_captures_total", kind: Kind::Counter, meaning: "Answers kept, by HTTP status class" },
        "SELECT (status / 100) || 'xx' AS status, count(*) FROM capture GROUP BY 1",
    ),
    (
        Family { name: "gongkai_attempts_total", kind: Kind::Counter, meaning: "Attempts of ended runs, by outcome" },
        "SELECT outcome, sum(count) FROM crawl_outcome GROUP BY outcome",
    ),
    (
        Family { name: "gongkai_addresses", kind: Kind::Gauge, meaning: "Addresses in the frontier, by state" },
        "SELECT state, count(*) FROM url GROUP BY state",
    ),
    (
        Family { name: "gongkai_reports", kind: Kind::Gauge, meaning: "Reports, one for each agency and year" },
        // The rows of report_current, counted from the index alone.
        "SELECT (SELECT count(*) FROM (SELECT DISTINCT agency, year FROM report WHERE agency IS NOT NULL AND year IS NOT NULL))
              + (SELECT count(*) FROM report WHERE agency IS NULL OR year IS NULL)",
    ),
    (
        Family { name: "gongkai_hosts_blocked", kind: Kind::Gauge, meaning: "Hosts left alone, by why" },
        "SELECT coalesce(blocked_outcome, 'other') AS outcome, count(*) FROM host
         WHERE blocked_until > strftime('%Y-%m-%dT%H:%M:%fZ', 'now') GROUP BY 1",
    ),
    (
        Family { name: "gongkai_payload_bytes", kind: Kind::Gauge, meaning: "Distinct bodies kept, before compression" },
        "SELECT coalesce(sum(size_bytes), 0) FROM payload",
    ),
    (
        Family { name: "gongkai_run_started_timestamp_seconds", kind: Kind::Gauge, meaning: "When the last run began" },
        "SELECT CAST(strftime('%s', started_at) AS INTEGER) FROM run ORDER BY id DESC LIMIT 1",
    ),
    (
        Family { name: "gongkai_run_ended_timestamp_seconds", kind: Kind::Gauge, meaning: "When the last run that ended did, by how" },
        "SELECT ended, CAST(strftime('%s', ended_at) AS INTEGER) FROM run WHERE ended_at IS NOT NULL ORDER BY id DESC LIMIT 1",
    ),
];

/// All of them, in the text format of Prometheus.
pub fn text(connection: &Connection) -> Result<String, StoreError> {
    let mut exposition = Exposition::default();
    for (family, query) in FAMILIES {
        let mut samples = exposition.family(family);
        let mut statement = connection.prepare(query)?;
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let last = names.len() - 1;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let values = (0..last).map(|at| row.get(at)).collect::<Result<Vec<String>, _>>()?;
            let labels: Vec<(&str, &str)> =
                names.iter().zip(&values).map(|(name, value)| (name.as_str(), value.as_str())).collect();
            samples.add(&labels, row.get(last)?);
        }
    }
    Ok(exposition.into_text())
}
