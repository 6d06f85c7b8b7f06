//! Passwords where PostgreSQL's own programs look for them: a file of lines `host:port:database:user:password`.
//! <https://www.postgresql.org/docs/current/libpq-pgpass.html>

/// The password of the first line that fits; `*` fits all.
pub fn find(file: &str, [host, port, database, user]: [&str; 4]) -> Option<String> {
    file.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields: [String; 5] = fields(line).try_into().ok()?;
        let [of_host, of_port, of_database, of_user, password] = fields;
        let pairs = [(of_host, host), (of_port, port), (of_database, database), (of_user, user)];
        pairs.iter().all(|(pattern, value)| pattern == "*" || pattern == value).then_some(password)
    })
}

/// Colons and backslashes inside a field stand behind a backslash.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        let last = fields.len() - 1;
        match letter {
            '\\' => fields[last].extend(letters.next()),
            ':' => fields.push(String::new()),
            letter => fields[last].push(letter),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn the_first_line_that_fits() {
        let file = "# comment\ndb:5432:other:me:no\ndb:*:gongkai:me:a\\:b\\\\c\n*:*:*:*:last\n";
        for (asked, password) in [
            (["db", "5432", "gongkai", "me"], "a:b\\c"),
            (["db", "5432", "other", "me"], "no"),
            (["elsewhere", "5432", "gongkai", "me"], "last"),
        ] {
            assert_eq!(find(file, asked).as_deref(), Some(password), "{asked:?}");
        }
        assert_eq!(find("db:5432:gongkai:me", ["db", "5432", "gongkai", "me"]), None);
    }
}
