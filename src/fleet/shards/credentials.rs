//! The two keys of an S3 store from a file as the AWS tools keep it, so that they need not stand in the environment.

use std::path::{Path, PathBuf};

/// `aws_access_key_id`, `aws_secret_access_key`, `aws_session_token` of one profile, in the words of the file.
pub type Keys = Vec<(String, String)>;

/// The file that the environment names, with the profile it names.
pub fn file(environment: &[(String, String)]) -> Option<(PathBuf, String)> {
    let named = |name: &str| environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let file = named("AWS_SHARED_CREDENTIALS_FILE")?;
    Some((file.into(), named("AWS_PROFILE").unwrap_or_else(|| "default".into())))
}

pub fn read(file: &Path, profile: &str) -> std::io::Result<Keys> {
    Ok(keys(&std::fs::read_to_string(file)?, profile))
}

fn keys(text: &str, profile: &str) -> Keys {
    let mut section = "";
    let mut keys = Keys::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name.trim();
        } else if let (true, Some((name, value))) = (section == profile, line.split_once('=')) {
            keys.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::keys;

    #[test]
    fn a_profile_and_no_other() {
        let text = "[default]\naws_access_key_id = A\n# x\n[fleet]\nAWS_ACCESS_KEY_ID=B\naws_secret_access_key = c=d\n";
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(keys(text, "default"), [pair("aws_access_key_id", "A")]);
        assert_eq!(keys(text, "fleet"), [pair("aws_access_key_id", "B"), pair("aws_secret_access_key", "c=d")]);
        assert!(keys(text, "none").is_empty());
    }
}
