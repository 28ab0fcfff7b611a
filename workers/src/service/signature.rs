//! A signed request: the receiver knows who sent it, and that it is neither changed nor an old one sent again.
//!
//! `Baton-Signature: t=<seconds since 1970>,v1=<hexadecimal HMAC-SHA256 of "<t>.<body>">`

use crate::secret::Opened;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;
use worker_sdk::JobFailure;

const HEADER: &str = "Baton-Signature";

#[derive(Debug, serde::Deserialize)]
pub struct Signature {
    /// A secret that the receiver knows too.
    key: String,
    /// Instead of `Baton-Signature`.
    header: Option<String>,
}

impl Signature {
    pub fn sign(&self, opened: &Opened<'_>, body: &str, headers: &mut HeaderMap) -> Result<(), JobFailure> {
        let key = opened.only("signature.key", &self.key)?;
        let name = self.header.as_deref().unwrap_or(HEADER);
        let wrong = || JobFailure::bug(format!("`{name}` is not a header that can be sent"));
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        let value = signature(key.expose(), jiff::Timestamp::now().as_second(), body);
        headers.insert(header, HeaderValue::from_str(&value).map_err(|_| wrong())?);
        Ok(())
    }
}

fn signature(key: &str, at: i64, body: &str) -> String {
    format!("t={at},v1={}", hexadecimal(&hmac(key.as_bytes(), format!("{at}.{body}").as_bytes())))
}

/// HMAC-SHA256 takes keys of every length.
pub fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mut mac) => {
            mac.update(message);
            mac.finalize().into_bytes().to_vec()
        }
        Err(_) => Vec::new(),
    }
}

pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn the_digest_is_that_of_the_standard() {
        let digest = hexadecimal(&hmac(b"Jefe", b"what do ya want for nothing?"));
        assert_eq!(digest, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn time_and_body_are_signed() {
        let signed = signature("key", 1_700_000_000, "{}");
        let expected = hexadecimal(&hmac(b"key", b"1700000000.{}"));
        assert_eq!(signed, format!("t=1700000000,v1={expected}"));
    }
}
