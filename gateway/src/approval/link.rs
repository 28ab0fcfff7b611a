//! The link's own text: what it says, and whether we said it.

use super::page::Page;
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use prost::Message;
use proto::ApprovalLink;
use sha2::Sha256;
use std::{fmt, str::FromStr};

/// Keeps these signatures apart from any other made with the same key.
const PURPOSE: &[u8] = b"baton approval link 1\n";
/// A longer one is none of ours.
const LONGEST: usize = 8 * 1024;
const SHORTEST_KEY: usize = 16;

/// What links are signed with; the send workers have the same.
#[derive(Clone)]
pub struct LinkKey(Vec<u8>);

#[derive(Debug, thiserror::Error)]
#[error("the key of links is to have at least {SHORTEST_KEY} characters")]
pub struct LinkKeyError;

impl FromStr for LinkKey {
    type Err = LinkKeyError;

    fn from_str(text: &str) -> Result<Self, LinkKeyError> {
        if text.len() < SHORTEST_KEY { Err(LinkKeyError) } else { Ok(LinkKey(text.as_bytes().to_vec())) }
    }
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey")
    }
}

/// Why a link is no good.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// Not signed by us, or cut off, or of a task that is not there.
    Unknown,
    Expired,
}

impl Refused {
    pub fn page(&self) -> Page {
        match self {
            Refused::Unknown => Page::new(StatusCode::NOT_FOUND, "Not a valid link", "Was it copied as a whole?"),
            Refused::Expired => Page::new(StatusCode::GONE, "Expired", "This link is too old to be used."),
        }
    }
}

pub fn open(key: Option<&LinkKey>, text: &str) -> Result<ApprovalLink, Refused> {
    let key = key.ok_or(Refused::Unknown)?;
    let (content, signature) = text.split_once('.').filter(|_| text.len() <= LONGEST).ok_or(Refused::Unknown)?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::Unknown);
    let (content, signature) = (decode(content)?, decode(signature)?);
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).map_err(|_| Refused::Unknown)?;
    mac.update(PURPOSE);
    mac.update(&content);
    // in constant time
    mac.verify_slice(&signature).map_err(|_| Refused::Unknown)?;
    let link = ApprovalLink::decode(content.as_slice()).map_err(|_| Refused::Unknown)?;
    if link.expires_at <= jiff::Timestamp::now().as_millisecond() { Err(Refused::Expired) } else { Ok(link) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(key: &LinkKey, link: &ApprovalLink) -> String {
        let content = link.encode_to_vec();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).unwrap();
        mac.update(PURPOSE);
        mac.update(&content);
        let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        format!("{}.{signature}", URL_SAFE_NO_PAD.encode(content))
    }

    #[test]
    fn only_our_own_and_fresh_links_are_opened() {
        let (key, other): (LinkKey, LinkKey) =
            ("0123456789abcdef".parse().unwrap(), "another key 12345".parse().unwrap());
        let now = jiff::Timestamp::now().as_millisecond();
        let link = ApprovalLink { tenant: "acme".into(), expires_at: now + 60_000, ..Default::default() };
        let text = sealed(&key, &link);
        assert_eq!(open(Some(&key), &text), Ok(link.clone()));
        assert_eq!(open(Some(&other), &text), Err(Refused::Unknown));
        assert_eq!(open(None, &text), Err(Refused::Unknown));
        let forged = ApprovalLink { tenant: "globex".into(), ..link.clone() };
        let forged = URL_SAFE_NO_PAD.encode(forged.encode_to_vec());
        assert_eq!(open(Some(&key), &format!("{forged}.{}", text.split_once('.').unwrap().1)), Err(Refused::Unknown));
        for broken in ["", ".", "x", &text[1..], text.split_once('.').unwrap().0] {
            assert_eq!(open(Some(&key), broken), Err(Refused::Unknown));
        }
        let old = ApprovalLink { expires_at: now - 1, ..link };
        assert_eq!(open(Some(&key), &sealed(&key, &old)), Err(Refused::Expired));
        assert!("short".parse::<LinkKey>().is_err());
    }
}
