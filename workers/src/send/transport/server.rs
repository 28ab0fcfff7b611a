//! A mail server with real TLS, for tests: as much of SMTP as a sender needs, and a memory of what came in which way.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::sync::{Arc, Mutex};
use test_harness::tls;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

#[derive(Clone, Default)]
pub struct Seen {
    /// Commands that came before TLS.
    pub in_clear: String,
    /// As AUTH PLAIN has it.
    pub login: Option<String>,
    pub mail: String,
}

pub struct Server {
    pub port: u16,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Wrapped,
    StartTls,
    Never,
}

/// What is to come after a conversation.
enum End {
    Quit,
    StartTls,
}

impl Server {
    /// With TLS from the beginning, or by STARTTLS.
    pub async fn start(is_wrapped: bool) -> Server {
        Server::speaking(if is_wrapped { Way::Wrapped } else { Way::StartTls }).await
    }

    pub async fn without_tls() -> Server {
        Server::speaking(Way::Never).await
    }

    async fn speaking(way: Way) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server { port: listener.local_addr().unwrap().port(), seen: Arc::default() };
        let (acceptor, seen) = (acceptor(), server.seen.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, seen) = (acceptor.clone(), seen.clone());
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    if way != Way::Wrapped {
                        stream.write_all(b"220 here\r\n").await.ok()?;
                        let End::StartTls = converse(&mut stream, &seen, way, false).await? else { return None };
                    }
                    let mut stream = BufReader::new(acceptor.accept(stream.into_inner()).await.ok()?);
                    if way == Way::Wrapped {
                        stream.write_all(b"220 here\r\n").await.ok()?;
                    }
                    converse(&mut stream, &seen, Way::Never, true).await
                });
            }
        });
        server
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }
}

fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_file(tls::certificate()).unwrap();
    let key = PrivateKeyDer::from_pem_file(tls::key()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// None when the sender is gone.
async fn converse<S>(stream: &mut BufReader<S>, seen: &Mutex<Seen>, offers: Way, is_secret: bool) -> Option<End>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let line = line(stream).await?;
        if !is_secret {
            seen.lock().unwrap().in_clear.push_str(&line);
        }
        let word = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        let answer = match word.as_str() {
            "EHLO" if offers == Way::StartTls => "250-localhost\r\n250 STARTTLS",
            "EHLO" => "250-localhost\r\n250 AUTH PLAIN",
            "AUTH" => {
                let login = line.split_whitespace().last().and_then(|word| STANDARD.decode(word).ok());
                seen.lock().unwrap().login = login.and_then(|login| String::from_utf8(login).ok());
                "235 welcome"
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await.ok()?;
                let mail = mail(stream).await?;
                seen.lock().unwrap().mail = mail;
                "250 taken"
            }
            _ => "250 fine",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
        match word.as_str() {
            "STARTTLS" => return Some(End::StartTls),
            "QUIT" => return Some(End::Quit),
            _ => {}
        }
    }
}

/// Up to the line with a single dot, as it came.
async fn mail<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<String> {
    let mut mail = String::new();
    loop {
        match line(stream).await?.as_str() {
            ".\r\n" => return Some(mail),
            more => mail.push_str(more),
        }
    }
}

async fn line<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<String> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await.ok()?;
    (read > 0).then_some(line)
}
