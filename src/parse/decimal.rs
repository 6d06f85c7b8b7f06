//! Exact decimals: counts and money as printed, never floating point.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;

/// A decimal with up to nine digits after the point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal(i128);

const SCALE: i128 = 1_000_000_000;

impl Decimal {
    pub const ZERO: Decimal = Decimal(0);

    /// Reads `-12`, `19761.95`; none for anything else, or for more digits than fit.
    pub fn parse(text: &str) -> Option<Decimal> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 20 || fraction.len() > 9 || !plain(whole) || !plain(fraction) {
            return None;
        }
        let number =
            |digits: &str| digits.bytes().fold(0, |number: i128, digit| number * 10 + i128::from(digit - b'0'));
        let fraction = number(fraction) * 10i128.pow(9 - fraction.len() as u32);
        Some(Decimal(sign * (number(whole) * SCALE + fraction)))
    }
}

impl Add for Decimal {
    type Output = Decimal;

    fn add(self, other: Decimal) -> Decimal {
        Decimal(self.0 + other.0)
    }
}

impl Sum for Decimal {
    fn sum<I: Iterator<Item = Decimal>>(values: I) -> Decimal {
        values.fold(Decimal::ZERO, Add::add)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) = match u64::try_from(self.0.unsigned_abs()) {
            // Wide division is slow, and nearly no number of a report needs it.
            Ok(small) if small % SCALE as u64 == 0 => return write!(f, "{sign}{}", small / SCALE as u64),
            Ok(small) => (u128::from(small / SCALE as u64), u128::from(small % SCALE as u64)),
            Err(_) => (self.0.unsigned_abs() / SCALE as u128, self.0.unsigned_abs() % SCALE as u128),
        };
        if fraction == 0 {
            return write!(f, "{sign}{whole}");
        }
        let fraction = format!("{fraction:09}");
        write!(f, "{sign}{whole}.{}", fraction.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_adds_up_exactly() {
        let sum: Decimal = ["0.1", "0.2", "19761.95", "-0.3"].iter().filter_map(|t| Decimal::parse(t)).sum();
        assert_eq!(sum.to_string(), "19761.95");
        assert_eq!(Decimal::parse("5949.088667").unwrap().to_string(), "5949.088667");
    }

    #[test]
    fn only_decimals_are_read() {
        for text in ["", "-", ".5", "1e3", "1,000", "１", "1.2.3", "--1", "+1"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }
}
