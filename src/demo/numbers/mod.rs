//! The numbers the replica's reports hold: those of real reports, a line a row, `_` for a blank cell.

use crate::parse::Edition;
use crate::parse::edition::form::{BLOCKS, CHALLENGES, OUTCOMES, ROWS};

/// One report's numbers as they are printed.
#[derive(Clone, Debug)]
pub struct Numbers {
    pub edition: Edition,
    rows: Vec<(&'static str, Vec<&'static str>)>,
}

pub const SICHUAN_2023: &str = include_str!("sichuan-2023.txt");
pub const HANGZHOU_2023: &str = include_str!("hangzhou-2023.txt");
pub const HANGZHOU_2025: &str = include_str!("hangzhou-2025.txt");
pub const SHANGHAI_2019: &str = include_str!("shanghai-2019.txt");
pub const PINGTAN_2019: &str = include_str!("pingtan-2019.txt");
pub const PINGTAN_2023: &str = include_str!("pingtan-2023.txt");

impl Numbers {
    pub fn of(edition: Edition, text: &'static str) -> Numbers {
        let rows = text.lines().filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?, words.map(|word| if word == "_" { "" } else { word }).collect()))
        });
        Numbers { edition, rows: rows.collect() }
    }

    /// The cells of a row, in the order of the form; none where the form has no such row.
    pub fn row(&self, name: &str) -> Option<&[&'static str]> {
        self.rows.iter().find(|(known, _)| *known == name).map(|(_, cells)| cells.as_slice())
    }

    /// Every cell of the form with its code (`applications.received/total`) and what is printed in it.
    pub fn cells(&self) -> Vec<(String, &'static str)> {
        let mut cells = Vec::new();
        for block in BLOCKS.iter().filter(|block| block.edition == self.edition) {
            for (_, prefix) in block.rows {
                let row = self.row(prefix).unwrap_or_default();
                cells.extend(
                    block.columns.iter().zip(row).map(|(column, cell)| (format!("{prefix}.{}", column.field), *cell)),
                );
            }
        }
        for (indicator, _) in ROWS {
            let row = self.row(indicator).unwrap_or_default();
            let applicants = crate::parse::Applicant::ALL;
            cells.extend(
                applicants
                    .iter()
                    .zip(row)
                    .map(|(applicant, cell)| (format!("{indicator}/{}", applicant.as_str()), *cell)),
            );
        }
        for (group, _) in CHALLENGES {
            let row = self.row(group).unwrap_or_default();
            cells.extend(OUTCOMES.iter().zip(row).map(|((outcome, _), cell)| (format!("{group}.{outcome}"), *cell)));
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::edition::form::size;

    #[test]
    fn every_report_fills_its_form() {
        for (edition, text) in [
            (Edition::Y2021, SICHUAN_2023),
            (Edition::Y2021, HANGZHOU_2023),
            (Edition::Y2021, HANGZHOU_2025),
            (Edition::Y2019, SHANGHAI_2019),
            (Edition::Y2019, PINGTAN_2019),
            (Edition::Y2021, PINGTAN_2023),
        ] {
            assert_eq!(Some(Numbers::of(edition, text).cells().len()), size(edition));
        }
    }
}
