//! How a command ends, for scripts. The numbers are a promise (`engine/docs/command-line.md`).

use crate::client::Refused;
use std::process::ExitCode;

const FAILED: u8 = 1;
/// As clap ends.
const USAGE: u8 = 2;
const AWAY: u8 = 3;
const NOT_ALLOWED: u8 = 4;
const NOT_THERE: u8 = 5;
/// The instance that was waited for has ended otherwise than by completing.
pub const ENDED_OTHERWISE: u8 = 6;
/// It has not ended in the time given.
pub const NOT_IN_TIME: u8 = 7;

/// The command line is wrong in what clap cannot see.
#[derive(Debug)]
pub struct Usage(pub String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

pub fn code(error: &anyhow::Error) -> ExitCode {
    ExitCode::from(number(error))
}

fn number(error: &anyhow::Error) -> u8 {
    if let Some(refused) = error.downcast_ref::<Refused>() {
        return match refused.status {
            401 | 403 => NOT_ALLOWED,
            404 => NOT_THERE,
            429 | 502..=504 => AWAY,
            _ => FAILED,
        };
    }
    if error.is::<Usage>() {
        return USAGE;
    }
    let is_away = |error: &reqwest::Error| error.is_connect() || error.is_timeout() || error.is_request();
    match error.chain().find_map(|cause| cause.downcast_ref::<reqwest::Error>()) {
        Some(error) if is_away(error) => AWAY,
        _ => FAILED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    fn refused(status: u16) -> anyhow::Error {
        Refused { status, code: String::new(), message: String::new(), what: String::new() }.into()
    }

    #[test]
    fn the_cause_decides() {
        let numbers: Vec<u8> = [401, 403, 404, 409, 422, 429, 503].map(|status| number(&refused(status))).into();
        assert_eq!(numbers, [NOT_ALLOWED, NOT_ALLOWED, NOT_THERE, FAILED, FAILED, AWAY, AWAY]);
        let wrapped = Err::<(), _>(refused(404)).context("looking").unwrap_err();
        assert_eq!(number(&wrapped), NOT_THERE);
        assert_eq!(number(&anyhow::anyhow!("else")), FAILED);
        assert_eq!(number(&Usage("no such thing".to_owned()).into()), USAGE);
    }
}
