//! The text format of Prometheus (exposition format 0.0.4).

use std::fmt::Write as _;

/// Metrics of one name.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    pub name: &'static str,
    pub kind: Kind,
    /// Without the full stop.
    pub meaning: &'static str,
}

#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Counter,
    Gauge,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        }
    }
}

/// Families one after the other, each with its samples.
#[derive(Debug, Default)]
pub struct Exposition {
    text: String,
}

impl Exposition {
    pub fn family(&mut self, family: Family) -> Samples<'_> {
        let Family { name, kind, meaning } = family;
        let _ = writeln!(self.text, "# HELP {name} {meaning}.\n# TYPE {name} {}", kind.as_str());
        Samples { text: &mut self.text, name }
    }

    pub fn into_text(self) -> String {
        self.text
    }
}

pub struct Samples<'e> {
    text: &'e mut String,
    name: &'static str,
}

impl Samples<'_> {
    /// Labels are pairs of name and value; a value may hold anything.
    pub fn add(&mut self, labels: &[(&str, &str)], number: i64) {
        let labels: Vec<String> =
            labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.text, "{}{labels} {number}", self.name);
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_with_labels_and_without() {
        let mut exposition = Exposition::default();
        exposition.family(Family { name: "a_total", kind: Kind::Counter, meaning: "All of a" }).add(&[], 7);
        let mut samples = exposition.family(Family { name: "b", kind: Kind::Gauge, meaning: "Some b" });
        samples.add(&[("state", "due"), ("why", "a \"wall\"\\\n")], -1);
        assert_eq!(
            exposition.into_text(),
            "# HELP a_total All of a.\n# TYPE a_total counter\na_total 7\n\
             # HELP b Some b.\n# TYPE b gauge\nb{state=\"due\",why=\"a \\\"wall\\\"\\\\\\n\"} -1\n"
        );
    }
}
