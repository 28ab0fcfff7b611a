//! Secrets: definitions say `secret://name`, and only a worker that uses one reads it, at the moment of use.
//!
//! - [`Secrets`]: where they are: files of `BATON_SECRETS_DIR/<tenant>/<name>`, and the environment.
//! - [`Opened`]: those that one job has read. Whatever leaves the job passes [`Opened::hide`], so that a service which
//!   echoes what it was sent does not bring a secret into variables, failures or history.
//! - [`Seen`]: what has been read so far, and taking it out of texts.
//! - [`Secret`]: a text that no formatting shows.

mod opened;
mod seen;
mod source;

pub use opened::Opened;
pub use seen::Seen;
pub use source::{Config, SecretError, Secrets, VARIABLE};

use std::fmt;

/// What references begin with.
pub const SCHEME: &str = "secret://";
/// What stands where a secret would be shown.
pub const HIDDEN: &str = "[secret]";

/// A text that is used and never shown: neither `Debug` nor a serialiser gives it away.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// For the call that needs it, and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// The names that a text refers to, with the place of each reference.
fn references(text: &str) -> impl Iterator<Item = (std::ops::Range<usize>, &str)> {
    text.match_indices(SCHEME).map(|(at, _)| {
        let begin = at + SCHEME.len();
        let name = text.get(begin..).unwrap_or_default();
        let end = name.find(|c: char| !is_of_name(c)).unwrap_or(name.len());
        let name = name.get(..end).unwrap_or_default();
        (at..begin + end, name)
    })
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// A name of a file in a folder and nothing else: no way up, nothing hidden.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 128 && !name.starts_with('.') && name.chars().all(is_of_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_where_they_end() {
        let found: Vec<_> = references("Bearer secret://a-b, secret://c/d").map(|(_, name)| name).collect();
        assert_eq!(found, ["a-b", "c"]);
        assert!(!is_name("..") && !is_name("a/b") && !is_name("") && is_name("smtp.password"));
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert_eq!(format!("{:?}", Some(Secret::new("hunter2"))), "Some([secret])");
    }
}
