//! Connections to Postgres, over TLS when the URL demands it.
//!
//! `sslmode=require`, `verify-ca` and `verify-full` all mean TLS with a certificate that is verified, with its name; without
//! one of them there is none.

use crate::{Error, Result};
use std::str::FromStr;
use telemetry::postgres::Tls;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, NoTls, config::SslMode};

/// Of a URL.
pub(crate) fn config(url: &str) -> Result<Config> {
    let url = ["verify-full", "verify-ca"]
        .iter()
        .fold(url.to_owned(), |url, mode| url.replace(&format!("sslmode={mode}"), "sslmode=require"));
    Config::from_str(&url).map_err(Error::Url)
}

/// None: without TLS.
pub(crate) fn tls(config: &Config) -> Result<Option<Tls>> {
    if config.get_ssl_mode() != SslMode::Require {
        return Ok(None);
    }
    Tls::from_environment().map(Some).map_err(|error| Error::Tls(format!("{error:#}")))
}

/// A connection outside of the pool, and the task that ends when it does.
pub(crate) async fn connect(config: &Config) -> Result<(Client, JoinHandle<()>)> {
    let failed = |source| Error::Statement { statement: "connect", source };
    match tls(config)? {
        Some(tls) => {
            let (client, connection) = config.connect(tls).await.map_err(failed)?;
            Ok((client, tokio::spawn(async move { drop(connection.await) })))
        }
        None => {
            let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
            Ok((client, tokio::spawn(async move { drop(connection.await) })))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{config, tls};

    #[test]
    fn every_mode_that_asks_for_tls_gets_it() {
        for mode in ["require", "verify-ca", "verify-full"] {
            let config = config(&format!("postgres://me@db.example.com/baton?sslmode={mode}")).unwrap();
            assert!(tls(&config).unwrap().is_some(), "{mode}");
        }
        assert!(tls(&config("postgres://me@localhost/baton").unwrap()).unwrap().is_none());
        assert!(config("postgres://me@localhost/baton?sslmode=maybe").is_err());
    }
}
