//! How a request shows who asks: `custom.auth`, its values usually secrets. Tokens of OAuth 2 (client credentials, RFC
//! 6749, 4.4) are asked for when they are needed and kept until they expire.

use super::{
    Outside, answer,
    web::{failed, header_value},
};
use crate::secret::Opened;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{
    Url,
    header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue},
};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use worker_sdk::JobFailure;

const TOKEN_WITHIN: Duration = Duration::from_secs(30);
const LARGEST_ANSWER: usize = 64 * 1024;
/// When the answer does not say how long a token is good.
const DEFAULT_LIFE: Duration = Duration::from_secs(300);
/// A token is not used in its last moments.
const MARGIN: Duration = Duration::from_secs(20);
const MOST_TOKENS: usize = 1000;

#[derive(Debug, serde::Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Auth {
    Basic {
        username: String,
        password: String,
    },
    Bearer {
        token: String,
    },
    ApiKey {
        key: String,
        name: Option<String>,
        r#in: Option<Place>,
    },
    #[serde(alias = "oauth2ClientCredentials")]
    Oauth2 {
        token_url: String,
        client_id: String,
        client_secret: String,
        scope: Option<String>,
        audience: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    Header,
    Query,
}

/// Which token was used, so that it can be forgotten.
pub type TokenKey = [u8; 32];

/// Tokens that are still good.
#[derive(Default)]
pub struct Tokens(Mutex<HashMap<TokenKey, (String, Instant)>>);

#[derive(serde::Deserialize)]
struct Granted {
    access_token: String,
    expires_in: Option<f64>,
}

/// Adds to the request what the task says. The key is that of a token.
pub async fn apply(
    outside: &Outside,
    opened: &Opened<'_>,
    auth: &Auth,
    headers: &mut HeaderMap,
    url: &mut Url,
) -> Result<Option<TokenKey>, JobFailure> {
    match auth {
        Auth::Basic { username, password } => {
            let (username, password) = (opened.text(username)?, opened.text(password)?);
            let pair = STANDARD.encode(format!("{}:{}", username.expose(), password.expose()));
            opened.remember(&pair);
            insert(headers, AUTHORIZATION, opened, &format!("Basic {pair}"))?;
        }
        Auth::Bearer { token } => insert(headers, AUTHORIZATION, opened, &format!("Bearer {token}"))?,
        Auth::ApiKey { key, name, r#in: Some(Place::Query) } => {
            let key = opened.text(key)?;
            url.query_pairs_mut().append_pair(name.as_deref().unwrap_or("api_key"), key.expose());
            opened.remember(url.query().and_then(|query| query.rsplit('&').next()).unwrap_or_default());
        }
        Auth::ApiKey { key, name, .. } => {
            let name = name.as_deref().unwrap_or("X-Api-Key");
            let wrong = |_| JobFailure::bug(format!("`{name}` is not a header that can be sent"));
            insert(headers, HeaderName::from_bytes(name.as_bytes()).map_err(wrong)?, opened, key)?;
        }
        Auth::Oauth2 { .. } => {
            let (token, key) = token(outside, opened, auth).await?;
            opened.remember(&token);
            insert(headers, AUTHORIZATION, opened, &format!("Bearer {token}"))?;
            return Ok(Some(key));
        }
    }
    Ok(None)
}

fn insert(headers: &mut HeaderMap, name: HeaderName, opened: &Opened<'_>, text: &str) -> Result<(), JobFailure> {
    let value: Option<HeaderValue> = header_value(opened, text)?;
    let mut value = value.ok_or_else(|| JobFailure::bug(format!("what `auth` says is no value of `{name}`")))?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

/// One that is kept, or a new one.
async fn token(outside: &Outside, opened: &Opened<'_>, auth: &Auth) -> Result<(String, TokenKey), JobFailure> {
    let Auth::Oauth2 { token_url, client_id, client_secret, scope, audience } = auth else {
        return Err(JobFailure::bug("only OAuth has tokens"));
    };
    let (id, secret) = (opened.text(client_id)?, opened.text(client_secret)?);
    let (scope, audience) = (scope.as_deref().unwrap_or_default(), audience.as_deref().unwrap_or_default());
    let key = key_of(&[opened.tenant(), token_url, id.expose(), secret.expose(), scope, audience]);
    if let Some(token) = outside.tokens.find(&key) {
        return Ok((token, key));
    }
    let url = outside.egress.check(token_url).map_err(|error| JobFailure::bug(error.to_string()))?;
    let mut form = vec![("grant_type", "client_credentials")];
    form.extend([("scope", scope), ("audience", audience)].into_iter().filter(|(_, value)| !value.is_empty()));
    let asked = outside
        .egress
        .client()
        .post(url)
        .timeout(TOKEN_WITHIN)
        .basic_auth(percent(id.expose()), Some(percent(secret.expose())));
    let response = asked.form(&form).send().await.map_err(failed)?;
    let status = response.status();
    let answer = answer::limited(response, LARGEST_ANSWER).await?;
    if !status.is_success() {
        // what it says of the refusal may repeat what it was sent
        let message = format!("the token service answered {status}");
        let is_passing = status.is_server_error() || status == reqwest::StatusCode::TOO_MANY_REQUESTS;
        return Err(if is_passing { JobFailure::retryable(message) } else { JobFailure::bug(message) });
    }
    let granted: Granted =
        serde_json::from_slice(&answer).map_err(|_| JobFailure::bug("the token service's answer has no token"))?;
    let life = granted.expires_in.and_then(|life| Duration::try_from_secs_f64(life).ok()).unwrap_or(DEFAULT_LIFE);
    outside.tokens.keep(key, granted.access_token.clone(), life);
    Ok((granted.access_token, key))
}

/// RFC 6749, 2.3.1: both are form-encoded before they are joined.
fn percent(text: &str) -> String {
    let mut url = Url::parse("http://x").ok();
    if let Some(url) = &mut url {
        url.query_pairs_mut().append_key_only(text);
    }
    url.as_ref().and_then(Url::query).unwrap_or_default().to_owned()
}

/// Of everything that a token depends on; the secret itself is not kept.
fn key_of(parts: &[&str]) -> TokenKey {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part.as_bytes());
    }
    digest.finalize().into()
}

impl Tokens {
    fn find(&self, key: &TokenKey) -> Option<String> {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(key).filter(|(_, until)| *until > Instant::now()).map(|(token, _)| token.clone())
    }

    fn keep(&self, key: TokenKey, token: String, life: Duration) {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= MOST_TOKENS {
            tokens.clear();
        }
        if let Some(until) = Instant::now().checked_add(life.saturating_sub(MARGIN)) {
            tokens.insert(key, (token, until));
        }
    }

    pub fn forget(&self, key: &TokenKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}
