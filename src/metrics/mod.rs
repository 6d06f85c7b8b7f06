//! What a monitor asks of an archive, in the text format of Prometheus (exposition format 0.0.4).

use std::fmt::Write as _;

use rusqlite::Connection;

use crate::store::StoreError;

/// A family of metrics: name, type, meaning, and the query that gives its labels (name in the column's name) and, last, its number.
const FAMILIES: [(&str, &str, &str, &str); 8] = [
    (
        "gongkai_captures_total",
        "counter",
        "Answers kept, by HTTP status class",
        "SELECT (status / 100) || 'xx' AS status, count(*) FROM capture GROUP BY 1",
    ),
    (
        "gongkai_attempts_total",
        "counter",
        "Attempts of ended runs, by outcome",
        "SELECT outcome, sum(count) FROM crawl_outcome GROUP BY outcome",
    ),
    (
        "gongkai_addresses",
        "gauge",
        "Addresses in the frontier, by state",
        "SELECT state, count(*) FROM url GROUP BY state",
    ),
    (
        "gongkai_reports",
        "gauge",
        "Reports, one for each agency and year",
        // The rows of report_current, counted from the index alone.
        "SELECT (SELECT count(*) FROM (SELECT DISTINCT agency, year FROM report WHERE agency IS NOT NULL AND year IS NOT NULL))
              + (SELECT count(*) FROM report WHERE agency IS NULL OR year IS NULL)",
    ),
    (
        "gongkai_hosts_blocked",
        "gauge",
        "Hosts left alone, by why",
        "SELECT coalesce(blocked_outcome, 'other') AS outcome, count(*) FROM host
         WHERE blocked_until > strftime('%Y-%m-%dT%H:%M:%fZ', 'now') GROUP BY 1",
    ),
    (
        "gongkai_payload_bytes",
        "gauge",
        "Distinct bodies kept, before compression",
        "SELECT coalesce(sum(size_bytes), 0) FROM payload",
    ),
    (
        "gongkai_run_started_timestamp_seconds",
        "gauge",
        "When the last run began",
        "SELECT CAST(strftime('%s', started_at) AS INTEGER) FROM run ORDER BY id DESC LIMIT 1",
    ),
    (
        "gongkai_run_ended_timestamp_seconds",
        "gauge",
        "When the last run that ended did, by how",
        "SELECT ended, CAST(strftime('%s', ended_at) AS INTEGER) FROM run WHERE ended_at IS NOT NULL ORDER BY id DESC LIMIT 1",
    ),
];

/// All of them.
pub fn text(connection: &Connection) -> Result<String, StoreError> {
    let mut text = String::new();
    for (name, kind, meaning, query) in FAMILIES {
        let _ = writeln!(text, "# HELP {name} {meaning}.\n# TYPE {name} {kind}");
        let mut statement = connection.prepare(query)?;
        let labels: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let last = labels.len() - 1;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let mut words = Vec::new();
            for (at, label) in labels[..last].iter().enumerate() {
                words.push(format!("{label}=\"{}\"", escaped(&row.get::<_, String>(at)?)));
            }
            let labels = if words.is_empty() { String::new() } else { format!("{{{}}}", words.join(",")) };
            let _ = writeln!(text, "{name}{labels} {}", row.get::<_, i64>(last)?);
        }
    }
    Ok(text)
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
