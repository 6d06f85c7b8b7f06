//! Charts drawn here as SVG. What a chart says is said by position, shape and number; colour only helps.

use std::fmt::Write as _;

/// Numbers of one thing over years; none where there is none.
pub struct Series {
    pub name: String,
    pub values: Vec<Option<f64>>,
}

/// A number as it is printed: no trailing zeros.
pub fn printed(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A small panel of bars, a bar a year, its number above it.
pub fn bars(years: &[i16], series: &Series) -> String {
    let step = 46.0;
    let (top, height) = (18.0, 64.0);
    let width = step * years.len() as f64 + 8.0;
    let most = series.values.iter().flatten().copied().fold(0.0, f64::max);
    let mut out = format!(
        "<svg class=\"bars\" viewBox=\"0 0 {width} 104\" width=\"{width}\" height=\"104\" role=\"img\" aria-label=\"{}\">",
        escaped(&told(years, series))
    );
    let floor = top + height;
    let _ = write!(out, "<line class=\"axis\" x1=\"0\" x2=\"{width}\" y1=\"{floor}\" y2=\"{floor}\"/>");
    for (n, (year, value)) in years.iter().zip(&series.values).enumerate() {
        let middle = 4.0 + step * (n as f64 + 0.5);
        let _ = write!(out, "<text class=\"tick\" x=\"{middle}\" y=\"{}\">{year}</text>", floor + 15.0);
        match value {
            Some(value) => {
                let tall = if most > 0.0 { (value.max(0.0) / most * height).max(1.0) } else { 1.0 };
                let _ = write!(
                    out,
                    "<rect x=\"{}\" y=\"{:.1}\" width=\"26\" height=\"{tall:.1}\"/><text class=\"value\" x=\"{middle}\" y=\"{:.1}\">{}</text>",
                    middle - 13.0,
                    floor - tall,
                    floor - tall - 4.0,
                    printed(*value)
                );
            }
            None => {
                let _ = write!(out, "<text class=\"none\" x=\"{middle}\" y=\"{}\">–</text>", floor - 4.0);
            }
        }
    }
    out.push_str("</svg>");
    out
}

fn told(years: &[i16], series: &Series) -> String {
    let each =
        years.iter().zip(&series.values).map(|(year, value)| format!("{year}: {}", value.map_or("–".into(), printed)));
    format!("{} – {}", series.name, each.collect::<Vec<_>>().join(", "))
}

/// Shapes that tell lines apart.
const SHAPES: usize = 6;

fn shape(out: &mut String, which: usize, x: f64, y: f64) {
    let _ = match which % SHAPES {
        0 => write!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>"),
        1 => write!(out, "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"7\" height=\"7\"/>", x - 3.5, y - 3.5),
        2 => write!(out, "<path d=\"M{x:.1} {:.1}l4.5 8h-9z\"/>", y - 5.0),
        3 => write!(out, "<path d=\"M{x:.1} {:.1}l5 5l-5 5l-5 -5z\"/>", y - 5.0),
        4 => write!(out, "<circle class=\"hollow\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>"),
        _ => write!(out, "<rect class=\"hollow\" x=\"{:.1}\" y=\"{:.1}\" width=\"7\" height=\"7\"/>", x - 3.5, y - 3.5),
    };
}

/// Lines over years, each with a shape and a dash of its own, named at its end.
pub fn lines(years: &[i16], series: &[Series]) -> String {
    let (width, height) = (920.0, 330.0);
    let (left, right, top, bottom) = (64.0, 250.0, 16.0, 30.0);
    let numbers = || series.iter().flat_map(|series| series.values.iter().flatten().copied());
    let (least, most) = (numbers().fold(0.0, f64::min), numbers().fold(0.0, f64::max));
    let scale = scale(least, most);
    let (low, high) = (scale[0], scale[scale.len() - 1]);
    let x = |n: usize| left + (width - left - right) * (n as f64 + 0.5) / years.len().max(1) as f64;
    let y = |value: f64| top + (height - top - bottom) * (1.0 - (value - low) / (high - low));
    let told: Vec<String> = series.iter().map(|series| told(years, series)).collect();
    let mut out = format!(
        "<svg class=\"lines\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">",
        escaped(&told.join("; "))
    );
    for mark in &scale {
        let at = y(*mark);
        let _ = write!(
            out,
            "<line class=\"grid\" x1=\"{left}\" x2=\"{}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/><text class=\"scale\" x=\"{}\" y=\"{:.1}\">{}</text>",
            width - right,
            left - 8.0,
            at + 4.0,
            printed(*mark)
        );
    }
    for (n, year) in years.iter().enumerate() {
        let _ = write!(out, "<text class=\"tick\" x=\"{:.1}\" y=\"{}\">{year}</text>", x(n), height - 10.0);
    }
    let mut names: Vec<(f64, usize)> = Vec::new();
    for (which, one) in series.iter().enumerate() {
        let _ = write!(out, "<g class=\"series s{}\">", which % 8);
        let mut path = String::new();
        let mut goes_on = false;
        for (n, value) in one.values.iter().enumerate() {
            match value {
                Some(value) => {
                    let _ = write!(path, "{}{:.1} {:.1}", if goes_on { "L" } else { "M" }, x(n), y(*value));
                    goes_on = true;
                }
                None => goes_on = false,
            }
        }
        let _ = write!(out, "<path class=\"line\" d=\"{path}\"/>");
        for (n, value) in one.values.iter().enumerate() {
            if let Some(value) = value {
                shape(&mut out, which, x(n), y(*value));
            }
        }
        out.push_str("</g>");
        if let Some(last) = one.values.iter().rev().flatten().next() {
            names.push((y(*last), which));
        }
    }
    name_at_ends(&mut out, &mut names, series, width - right + 14.0, height - bottom);
    out.push_str("</svg>");
    out
}

/// Names beside the ends of their lines, pushed apart.
fn name_at_ends(out: &mut String, names: &mut [(f64, usize)], series: &[Series], x: f64, floor: f64) {
    names.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut last = f64::MIN;
    for (y, _) in names.iter_mut() {
        *y = y.max(last + 17.0);
        last = *y;
    }
    let mut limit = floor;
    for (y, _) in names.iter_mut().rev() {
        *y = y.min(limit);
        limit = *y - 17.0;
    }
    for &(y, which) in names.iter() {
        let _ = write!(out, "<g class=\"series s{}\">", which % 8);
        shape(out, which, x, y);
        let name: String = series[which].name.chars().take(17).collect();
        let _ = write!(
            out,
            "<text class=\"name\" x=\"{:.1}\" y=\"{:.1}\">{}</text></g>",
            x + 10.0,
            y + 4.0,
            escaped(&name)
        );
    }
}

/// Round numbers from below the least to above the most.
fn scale(least: f64, most: f64) -> Vec<f64> {
    let span = if most > least { most - least } else { 1.0 };
    let rough = span / 4.0;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|n| n * power).into_iter().find(|step| *step >= rough).unwrap_or(rough);
    let (first, last) =
        ((least / step).floor() as i64, ((most / step).ceil() as i64).max((least / step).floor() as i64 + 1));
    (first..=last).map(|n| n as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round_and_hold_all() {
        for (least, most, scale) in [
            (0.0, 154.0, vec![0.0, 50.0, 100.0, 150.0, 200.0]),
            (0.0, 0.0, vec![0.0, 0.5]),
            (-18.0, 7.0, vec![-20.0, -10.0, 0.0, 10.0]),
        ] {
            let made = super::scale(least, most);
            assert!(made[0] <= least && made[made.len() - 1] >= most, "{made:?}");
            if most != 0.0 {
                assert_eq!(made, scale);
            }
        }
    }

    #[test]
    fn names_are_text_and_gaps_are_gaps() {
        let series = Series { name: "<b>甲".into(), values: vec![Some(1.0), None, Some(3.0)] };
        let svg = lines(&[2019, 2020, 2021], &[series]);
        assert!(svg.contains("&lt;b&gt;甲") && !svg.contains("<b>"), "{svg}");
        assert_eq!(svg.matches('M').count(), 2, "a missing year breaks the line: {svg}");
    }
}
