//! When a record says that it was made.

use jiff::Timestamp;

/// WARC-Date: RFC 3339, in 1.1 with fewer parts or fractions; or the fourteen digits of older tools.
pub fn date_of(text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    let whole = match text.len() {
        14 if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            let (date, time) = text.split_at(8);
            format!("{}-{}-{}T{}:{}:{}Z", &date[..4], &date[4..6], &date[6..], &time[..2], &time[2..4], &time[4..])
        }
        4 => format!("{text}-01-01T00:00:00Z"),
        7 => format!("{text}-01T00:00:00Z"),
        10 => format!("{text}T00:00:00Z"),
        17 => format!("{}:00Z", text.strip_suffix('Z')?),
        _ => return None,
    };
    whole.parse().ok()
}

/// As the archive's own clock does, so that a time read back equals the one written.
pub fn cut_to_milliseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::date_of;

    #[test]
    fn dates_of_every_precision() {
        for (text, at) in [
            ("2016-01-11T23:24:25Z", "2016-01-11T23:24:25Z"),
            ("2016-01-11T23:24:25.412030Z", "2016-01-11T23:24:25.41203Z"),
            ("2016", "2016-01-01T00:00:00Z"),
            ("2016-02", "2016-02-01T00:00:00Z"),
            ("2016-02-03", "2016-02-03T00:00:00Z"),
            ("2016-02-03T04:05Z", "2016-02-03T04:05:00Z"),
            ("20160203040506", "2016-02-03T04:05:06Z"),
        ] {
            assert_eq!(date_of(text).map(|at| at.to_string()).as_deref(), Some(at), "{text}");
        }
        for none in ["", "yesterday", "2016-13-01T00:00:00Z", "公开公开公", "20161303040506"] {
            assert_eq!(date_of(none), None, "{none}");
        }
    }
}
