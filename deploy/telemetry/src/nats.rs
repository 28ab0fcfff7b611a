//! How every service and every worker gets into NATS: with the credentials and certificates that its environment names.
//! They are no command line arguments, which everybody on the machine could read.
//!
//! | variable | |
//! |---|---|
//! | `BATON_NATS_CREDS` | a `.creds` file: a user's JWT and seed |
//! | `BATON_NATS_USER`, `BATON_NATS_PASSWORD` | both, or neither |
//! | `BATON_NATS_TOKEN` | a token |
//! | `BATON_NATS_CA` | a PEM file of authorities that the server is trusted by, beside the public ones; demands TLS |
//! | `BATON_NATS_CERT`, `BATON_NATS_KEY` | PEM files of a certificate of our own, where the server asks for one |
//!
//! `tls://` in the URL demands TLS too.

use async_nats::ConnectOptions;
use std::io;

/// Options with what the environment says. An error names the file that cannot be read.
pub async fn options() -> io::Result<ConnectOptions> {
    from(|name| std::env::var(name).ok()).await
}

async fn from(variable: impl Fn(&str) -> Option<String>) -> io::Result<ConnectOptions> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let mut options = ConnectOptions::new();
    if let Some(path) = set("BATON_NATS_CREDS") {
        let read = options.credentials_file(&path).await;
        options = read.map_err(|error| io::Error::new(error.kind(), format!("BATON_NATS_CREDS `{path}`: {error}")))?;
    }
    match (set("BATON_NATS_USER"), set("BATON_NATS_PASSWORD")) {
        (Some(user), Some(password)) => options = options.user_and_password(user, password),
        (None, None) => {}
        _ => return Err(io::Error::other("BATON_NATS_USER and BATON_NATS_PASSWORD belong together")),
    }
    if let Some(token) = set("BATON_NATS_TOKEN") {
        options = options.token(token);
    }
    if let Some(path) = set("BATON_NATS_CA") {
        options = options.add_root_certificates(path.into()).require_tls(true);
    }
    match (set("BATON_NATS_CERT"), set("BATON_NATS_KEY")) {
        (Some(certificate), Some(key)) => Ok(options.add_client_certificate(certificate.into(), key.into())),
        (None, None) => Ok(options),
        _ => Err(io::Error::other("BATON_NATS_CERT and BATON_NATS_KEY belong together")),
    }
}

#[cfg(test)]
mod tests {
    use super::from;

    #[tokio::test]
    async fn half_of_a_pair_and_files_that_are_not_there_are_told() {
        let said = |name: &'static str, value: &'static str| async move {
            let result = from(|asked| (asked == name).then(|| value.to_owned())).await;
            result.err().map(|error| error.to_string())
        };
        assert_eq!(said("nothing", "").await, None);
        assert!(said("BATON_NATS_USER", "me").await.is_some_and(|why| why.contains("BATON_NATS_PASSWORD")));
        assert!(said("BATON_NATS_KEY", "key.pem").await.is_some_and(|why| why.contains("BATON_NATS_CERT")));
        let missing = said("BATON_NATS_CREDS", "/nowhere/at.creds").await;
        assert!(missing.is_some_and(|why| why.contains("/nowhere/at.creds")));
        assert_eq!(said("BATON_NATS_PASSWORD", "").await, None, "empty is not set");
    }
}
