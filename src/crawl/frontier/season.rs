//! When reports come out: agencies must publish by 31 January, the office of each level by 31 March, and most do from late December.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use super::{Role, after};

/// The time of year, by China's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Season {
    /// 20 December to 15 March.
    Publishing,
    /// The rest; `opens_in` is how long it lasts.
    Quiet { opens_in: Duration },
}

impl Season {
    pub fn at(now: Timestamp) -> Season {
        let today = Offset::constant(8).to_datetime(now).date();
        let opens = |year: i16| Date::new(year, 12, 20).unwrap_or(today);
        let closes = Date::new(today.year(), 3, 15).unwrap_or(today);
        if today <= closes || today >= opens(today.year()) {
            return Season::Publishing;
        }
        let days = (opens(today.year()) - today).get_days().max(0);
        Season::Quiet { opens_in: Duration::from_secs(u64::from(days.unsigned_abs()) * 24 * 3_600) }
    }

    /// Which addresses of a host go first: while reports come out the listings that name them, else the backlog.
    pub fn order(self) -> [Role; 4] {
        match self {
            Season::Publishing => [Role::Listing, Role::Report, Role::Attachment, Role::Home],
            Season::Quiet { .. } => [Role::Report, Role::Attachment, Role::Listing, Role::Home],
        }
    }

    /// When a listing is due again: seldom while nothing comes out, and then when the season begins.
    pub fn listing_due(self, now: Timestamp, busy: Duration, quiet: Duration) -> Timestamp {
        match self {
            Season::Publishing => after(now, busy),
            Season::Quiet { opens_in } => after(now, quiet.max(busy).min(opens_in.max(busy))),
        }
    }
}

/// Whether the report of `year` should have been published, by China's calendar: on 31 January after its year by agencies, on
/// 31 March by the office that answers for a whole government (Regulations, articles 49 and 50).
pub fn overdue(year: i16, now: Timestamp) -> Option<&'static str> {
    let today = Offset::constant(8).to_datetime(now).date();
    let late = |month, day| Date::new(year + 1, month, day).is_ok_and(|limit| today > limit);
    if late(3, 31) {
        Some("31 March")
    } else if late(1, 31) {
        Some("31 January")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_season_goes_by_chinas_calendar() {
        for (now, publishing) in [
            ("2026-12-19T15:59:59Z", false),
            ("2026-12-19T16:00:00Z", true),
            ("2027-01-31T00:00:00Z", true),
            ("2027-03-15T15:59:59Z", true),
            ("2027-03-15T16:00:00Z", false),
            ("2027-07-01T00:00:00Z", false),
        ] {
            assert_eq!(Season::at(at(now)) == Season::Publishing, publishing, "{now}");
        }
    }

    #[test]
    fn a_quiet_listing_is_due_when_the_season_begins_at_the_latest() {
        let days = |n: u64| Duration::from_secs(n * 24 * 3_600);
        let due = |now| {
            let now = at(now);
            Season::at(now).listing_due(now, days(1), days(7)).to_string()
        };
        assert_eq!(due("2026-06-01T00:00:00Z"), "2026-06-08T00:00:00Z");
        assert_eq!(due("2026-12-17T00:00:00Z"), "2026-12-20T00:00:00Z");
        assert_eq!(due("2026-12-25T00:00:00Z"), "2026-12-26T00:00:00Z");
    }

    #[test]
    fn statutory_dates() {
        for (now, said) in [
            ("2026-01-31T15:00:00Z", None),
            ("2026-01-31T16:00:00Z", Some("31 January")),
            ("2026-03-31T16:00:00Z", Some("31 March")),
        ] {
            assert_eq!(overdue(2025, at(now)), said, "{now}");
        }
    }
}
