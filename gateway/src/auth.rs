//! Who asks: an API key names a tenant and a role. The tenant comes from the key and from nowhere else.

use crate::{json, policy::Role, problem::Problem};
use axum::http::{HeaderMap, header::AUTHORIZATION};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr, sync::Arc};
use subtle::ConstantTimeEq;

/// The prefix of the WebSocket subprotocol that carries a key (browsers cannot set headers there).
const KEY_PROTOCOL: &str = "key.";

/// Whom a key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub tenant: Arc<str>,
    pub role: Role,
    /// Names the key in the audit trail without giving it away: the beginning of its digest.
    pub by: Arc<str>,
}

/// The keys that are let in, as digests: the keys themselves are forgotten after the start.
#[derive(Clone, Default)]
pub struct ApiKeys {
    entries: Arc<Vec<([u8; 32], Caller)>>,
}

#[derive(Debug, thiserror::Error)]
pub enum ApiKeysError {
    #[error("API key number {0} is not of the form `key=tenant:role`")]
    Form(usize),
    #[error("API key number {0} has the role `{1}`; there are admin, operator, user and viewer")]
    Role(usize, String),
}

impl FromStr for ApiKeys {
    type Err = ApiKeysError;

    /// Reads `key=tenant:role,…`. Errors name the entry by its place, never by its text.
    fn from_str(text: &str) -> Result<Self, ApiKeysError> {
        let listed = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let entries = listed.enumerate().map(|(index, entry)| key_entry(index + 1, entry)).collect::<Result<_, _>>()?;
        Ok(Self { entries: Arc::new(entries) })
    }
}

fn key_entry(place: usize, entry: &str) -> Result<([u8; 32], Caller), ApiKeysError> {
    let (key, whom) = entry.rsplit_once('=').ok_or(ApiKeysError::Form(place))?;
    let (tenant, role) = whom.rsplit_once(':').ok_or(ApiKeysError::Form(place))?;
    if key.is_empty() || tenant.is_empty() {
        return Err(ApiKeysError::Form(place));
    }
    let role = role.parse().map_err(|_| ApiKeysError::Role(place, role.to_owned()))?;
    let digest = digest(key);
    let by = json::hexadecimal(&digest[..4]);
    Ok((digest, Caller { tenant: tenant.into(), role, by: format!("key:{by}").into() }))
}

fn digest(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

impl ApiKeys {
    /// Compares digests with every entry and in constant time, so that the answer's delay tells nothing.
    pub fn find(&self, key: &str) -> Option<Caller> {
        let digest = digest(key);
        let mut found = None;
        for (known, caller) in self.entries.iter() {
            if bool::from(known.ct_eq(&digest)) {
                found = Some(caller.clone());
            }
        }
        found
    }

    /// The caller of a request, or 401.
    pub fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let key = presented_key(headers).ok_or_else(|| {
            Problem::unauthorized("An API key is needed: `Authorization: Bearer <key>` or `X-Api-Key`")
        })?;
        self.find(key).ok_or_else(|| Problem::unauthorized("This API key is not known here"))
    }
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ApiKeys({} keys)", self.entries.len())
    }
}

fn presented_key(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
    });
    let header = headers.get("x-api-key").and_then(|value| value.to_str().ok());
    bearer.or(header).or_else(|| protocol_key(headers)).filter(|key| !key.is_empty())
}

fn protocol_key(headers: &HeaderMap) -> Option<&str> {
    let offered = headers.get_all("sec-websocket-protocol").into_iter();
    offered
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .find_map(|protocol| protocol.trim().strip_prefix(KEY_PROTOCOL))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> ApiKeys {
        "s3cret=acme:admin, look=with:colon:viewer,a=b==globex:user".parse().unwrap()
    }

    #[test]
    fn a_key_names_its_tenant_and_role() {
        let caller = keys().find("s3cret").unwrap();
        assert_eq!((&*caller.tenant, caller.role), ("acme", Role::Admin));
        assert_eq!(&*keys().find("look").unwrap().tenant, "with:colon");
        assert_eq!(&*keys().find("a=b=").unwrap().tenant, "globex");
        assert!(keys().find("S3cret").is_none());
        assert!(keys().find("").is_none());
        assert!(ApiKeys::default().find("").is_none());
    }

    #[test]
    fn malformed_keys_are_named_by_their_place_only() {
        for (text, place) in [("nonsense", "1"), ("a=t:admin,b=t", "2"), ("=t:admin", "1"), ("k=:admin", "1")] {
            let message = text.parse::<ApiKeys>().unwrap_err().to_string();
            assert!(message.contains(&format!("number {place} ")), "{message}");
            assert!(!message.contains("nonsense"));
        }
        assert!("k=t:root".parse::<ApiKeys>().unwrap_err().to_string().contains("`root`"));
    }

    #[test]
    fn a_key_may_come_by_three_headers() {
        for (name, value) in [
            ("authorization", "Bearer s3cret"),
            ("authorization", "bearer  s3cret"),
            ("x-api-key", "s3cret"),
            ("sec-websocket-protocol", "baton, key.s3cret"),
        ] {
            let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
            assert!(keys().authenticate(&headers).is_ok(), "{name}: {value}");
        }
        for (name, value) in [("authorization", "Basic s3cret"), ("x-api-key", ""), ("x-api-key", "other")] {
            let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
            assert_eq!(keys().authenticate(&headers).unwrap_err().status, 401, "{name}: {value}");
        }
    }

    #[test]
    fn keys_are_never_shown() {
        assert_eq!(format!("{:?}", keys()), "ApiKeys(3 keys)");
    }
}
