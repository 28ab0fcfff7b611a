//! The way to a mail server: plain, by STARTTLS or with TLS from the beginning, as its URL says. Servers are trusted by the public
//! authorities, and by those of `BATON_SMTP_CA`.

use anyhow::Context as _;
use lettre::{
    AsyncSmtpTransport, Tokio1Executor,
    transport::smtp::{
        Error,
        client::{Certificate, Tls, TlsParameters, TlsParametersBuilder},
    },
};
use std::{path::Path, time::Duration};

const WITHIN: Duration = Duration::from_secs(30);
const END: &str = "-----END CERTIFICATE-----";

pub type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// Authorities beside the public ones.
#[derive(Default)]
pub struct Authorities(Vec<Certificate>);

impl Authorities {
    /// Those of a PEM file.
    pub fn of(file: &Path) -> anyhow::Result<Self> {
        let read = || format!("reading the authorities in {}", file.display());
        let text = std::fs::read_to_string(file).with_context(read)?;
        let certificates = text.split_inclusive(END).filter(|part| part.contains(END));
        let certificates: Vec<_> = certificates
            .map(|pem| Certificate::from_pem(pem.as_bytes()))
            .collect::<Result<_, _>>()
            .with_context(read)?;
        anyhow::ensure!(!certificates.is_empty(), "there is no certificate in {}", file.display());
        Ok(Authorities(certificates))
    }

    /// What the URL says, in its query too: `tls=required` insists on STARTTLS.
    pub fn transport(&self, url: &str) -> Result<Transport, Error> {
        let builder = Transport::from_url(url)?.timeout(Some(WITHIN));
        let builder = match self.tls(url)? {
            Some(tls) => builder.tls(tls),
            None => builder,
        };
        Ok(builder.build())
    }

    /// Instead of what it makes of the URL by itself; none where that is right already.
    fn tls(&self, url: &str) -> Result<Option<Tls>, Error> {
        let Some(url) = reqwest::Url::parse(url).ok().filter(|_| !self.0.is_empty()) else { return Ok(None) };
        let told = url.query_pairs().find(|(key, _)| key == "tls").map(|(_, value)| value.into_owned());
        let wrap = match (url.scheme(), told.as_deref()) {
            ("smtps", _) => Tls::Wrapper,
            ("smtp", Some("required")) => Tls::Required,
            ("smtp", Some("opportunistic")) => Tls::Opportunistic,
            _ => return Ok(None),
        };
        let parameters = TlsParameters::builder(url.host_str().unwrap_or_default().to_owned());
        Ok(Some(wrap(self.0.iter().cloned().fold(parameters, TlsParametersBuilder::add_root_certificate).build()?)))
    }
}

#[cfg(test)]
mod server;

#[cfg(test)]
mod tests {
    use super::{Authorities, server::Server};
    use crate::{
        secret::{Config, Secrets},
        send::email::{Mailer, send},
    };
    use serde_json::json;
    use std::sync::Arc;
    use test_harness::tls;
    use worker_sdk::{
        JobFailure,
        testing::{Outcome, TestJob},
    };

    async fn mail(url: &str, authorities: Authorities) -> Outcome {
        let secrets = Config { secrets_tenants: vec!["*".into()], ..Config::default() };
        let secrets = Secrets::new(&secrets)
            .environment(|name| (name == "BATON_SECRET_PASSWORD").then(|| "pass%20word".to_owned()));
        let mailer = Mailer::new(Some(url), "baton@example.com", None, secrets, authorities).unwrap();
        let mailer = Arc::new(mailer);
        let task = json!({"to": "a@example.com", "subject": "s", "messageBody": "the text\n.\n.end",
            "custom": {"headers": {"List-Unsubscribe": "<mailto:stop@example.com>"}}});
        TestJob::new("email").task(task).run(move |job| send(mailer.clone(), job)).await
    }

    fn ours() -> Authorities {
        Authorities::of(&tls::authority()).unwrap()
    }

    #[tokio::test]
    async fn mails_go_by_tls_from_the_beginning_and_by_starttls() {
        let (wrapped, upgraded) = (Server::start(true).await, Server::start(false).await);
        for (server, url) in [
            (&wrapped, format!("smtps://user:secret://password@localhost:{}", wrapped.port)),
            (&upgraded, format!("smtp://user:secret://password@localhost:{}?tls=required", upgraded.port)),
        ] {
            let outcome = mail(&url, ours()).await;
            assert_eq!(outcome.result.unwrap()["result"]["to"], "a@example.com");
            let seen = server.seen();
            assert_eq!(seen.login.as_deref(), Some("\0user\0pass word"), "after TLS only");
            for part in ["Subject: s", "List-Unsubscribe: <mailto:stop@example.com>", "Message-ID: <", "\r\n..end"] {
                assert!(seen.mail.contains(part), "{part} in {}", seen.mail);
            }
            assert!(!seen.in_clear.contains("AUTH") && !seen.in_clear.contains("MAIL"), "{}", seen.in_clear);
        }
    }

    #[tokio::test]
    async fn a_server_that_is_not_trusted_gets_nothing() {
        for (is_wrapped, url) in
            [(true, "smtps://u:p@localhost:PORT"), (false, "smtp://u:p@localhost:PORT?tls=required")]
        {
            let server = Server::start(is_wrapped).await;
            let outcome = mail(&url.replace("PORT", &server.port.to_string()), Authorities::default()).await;
            assert!(matches!(outcome.result, Err(JobFailure::Retryable { .. })), "{:?}", outcome.result);
            let seen = server.seen();
            assert!(seen.mail.is_empty() && seen.login.is_none());
        }
    }

    #[tokio::test]
    async fn a_server_without_tls_gets_nothing_where_tls_is_required() {
        let server = Server::without_tls().await;
        let outcome = mail(&format!("smtp://u:p@localhost:{}?tls=required", server.port), ours()).await;
        assert!(outcome.result.is_err());
        assert!(!server.seen().in_clear.contains("AUTH") && server.seen().mail.is_empty());
    }
}
