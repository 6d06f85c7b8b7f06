//! Codes that identify an agency: 统一社会信用代码 (GB 32100), organisation code (GB 11714), 网站标识码, 索引号.

/// An organisation named by an 索引号's prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Nine characters, check character last.
    pub code: String,
    /// GB/T 2260, six digits; only the eighteen-character code carries one.
    pub region: Option<String>,
}

/// The organisation an index number begins with, when its check characters agree.
pub fn organisation(index_number: &str) -> Option<Organisation> {
    let prefix: String =
        index_number.chars().take_while(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    match prefix.len() {
        18.. if credit_code_holds(&prefix[..18]) => {
            Some(Organisation { code: prefix[8..17].to_owned(), region: Some(prefix[2..8].to_owned()) })
        }
        9.. if organisation_code_holds(&prefix[..9]) && (prefix.len() == 9) => {
            Some(Organisation { code: prefix, region: None })
        }
        _ => None,
    }
}

/// GB 32100: 31 symbols, weights 3^i mod 31.
fn credit_code_holds(code: &str) -> bool {
    const SYMBOLS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let values: Option<Vec<usize>> = code.chars().map(|c| SYMBOLS.find(c)).collect();
    let Some(values) = values else { return false };
    let mut weight = 1;
    let mut sum = 0;
    for value in &values[..17] {
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    (31 - sum % 31) % 31 == values[17]
}

/// GB 11714: 36 symbols, weights 3 7 9 10 5 8 4 2, check character X for ten.
fn organisation_code_holds(code: &str) -> bool {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let mut characters = code.chars();
    let Some(sum) = WEIGHTS.iter().map(|weight| Some(characters.next()?.to_digit(36)? * weight)).sum::<Option<u32>>()
    else {
        return false;
    };
    let check = match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap_or('?'),
    };
    characters.next() == Some(check)
}

/// 网站标识码 (国办发〔2017〕47号): ten digits, or `bm` and eight; with the six digits of the division it begins with.
pub fn site_id(text: &str) -> Option<(String, Option<String>)> {
    let id = text.trim().to_ascii_lowercase();
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if id.len() == 10 && id.starts_with("bm") && digits(&id[2..]) {
        return Some((id, None));
    }
    (id.len() == 10 && digits(&id)).then(|| (id.clone(), Some(id[..6].to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_prefixes_pass_their_check_characters() {
        for (index_number, code, region) in [
            ("1133102400268125XW/2021-1", "00268125X", Some("331024")),
            ("11370800004312490W", "004312490", Some("370800")),
            ("1162042101391301Xj/2020", "01391301X", Some("620421")),
            ("114403006955506492/2021-00426", "695550649", Some("440300")),
            ("580267448/2024-276400", "580267448", None),
            ("014319450/2025-00005", "014319450", None),
            ("005254923", "005254923", None),
            ("014416330", "014416330", None),
            ("002276772", "002276772", None),
            ("002482429", "002482429", None),
        ] {
            let found = organisation(index_number).unwrap_or_else(|| panic!("{index_number}"));
            assert_eq!((found.code.as_str(), found.region.as_deref()), (code, region));
        }
        for wrong in ["580267449/2024-1", "114403006955506493", "2024-1", ""] {
            assert_eq!(organisation(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn placeholders_are_no_site_id() {
        assert_eq!(site_id("5101320017"), Some(("5101320017".into(), Some("510132".into()))));
        assert_eq!(site_id("bm07000001"), Some(("bm07000001".into(), None)));
        assert_eq!(site_id("政府网站标识码"), None);
    }
}
