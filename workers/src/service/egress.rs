//! Calls to the outside, guarded against being led inside (SSRF).
//!
//! A name is resolved once, every address must be public, and the connection goes to exactly those addresses. Proxies
//! from the environment and redirects are not followed. What is inside on purpose is named in `BATON_EGRESS_ALLOW`.

use futures::{FutureExt, future::BoxFuture};
use reqwest::{
    Client, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

const CONNECT_WITHIN: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Default, clap::Args)]
#[group(skip)]
pub struct Config {
    /// Hosts that may be called although their addresses are not public: host or `host:port`, comma separated;
    /// `loopback` stands for this machine.
    #[arg(long = "egress-allow", env = "BATON_EGRESS_ALLOW", value_delimiter = ',')]
    pub allow: Vec<String>,
}

/// An HTTP client that stays outside.
pub struct Egress {
    client: Client,
    allowed: Arc<Allowed>,
}

#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    #[error("`{0}` is not a URL")]
    Url(String),
    #[error("`{0}` is not called: only http and https are")]
    Scheme(String),
    #[error("a URL with a password in it is not called: definitions and history would show it; use `auth`")]
    Userinfo,
    #[error("`{0}` is not called: its address is not public; BATON_EGRESS_ALLOW can allow it")]
    Forbidden(String),
}

#[derive(Debug)]
struct Allowed(Vec<String>);

/// From a name to its addresses.
type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// As this machine is configured.
fn system() -> Lookup {
    Arc::new(|host| async move { Ok(tokio::net::lookup_host((host.as_str(), 0)).await?.collect()) }.boxed())
}

impl Egress {
    pub fn new(config: &Config) -> Result<Self, reqwest::Error> {
        Egress::resolving(config, system())
    }

    fn resolving(config: &Config, lookup: Lookup) -> Result<Self, reqwest::Error> {
        let names = config.allow.iter().map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty());
        let allowed = Arc::new(Allowed(names.collect()));
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .connect_timeout(CONNECT_WITHIN)
            .user_agent(concat!("baton/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(Public { allowed: allowed.clone(), lookup }))
            .build()?;
        Ok(Egress { client, allowed })
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The URL, when it may be called. Literal addresses are decided here, names when they are resolved.
    pub fn check(&self, url: &str) -> Result<Url, EgressError> {
        let url = Url::parse(url.trim()).map_err(|_| EgressError::Url(url.to_owned()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(EgressError::Scheme(url.to_string()));
        }
        if url.password().is_some() || url.as_str().contains(crate::secret::SCHEME) {
            return Err(EgressError::Userinfo);
        }
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).trim_end_matches('.');
        match host.parse::<IpAddr>() {
            Ok(ip) if !is_public(ip) && !self.allowed.has(host, url.port_or_known_default(), ip) => {
                Err(EgressError::Forbidden(host.to_owned()))
            }
            Ok(_) | Err(_) => match url.port_or_known_default() {
                Some(port) if !self.allowed.names_other_port(host, port) => Ok(url),
                _ => Err(EgressError::Forbidden(url.to_string())),
            },
        }
    }
}

impl Allowed {
    fn has(&self, host: &str, port: Option<u16>, ip: IpAddr) -> bool {
        let host = host.to_ascii_lowercase();
        let with_port = port.map(|port| format!("{host}:{port}"));
        self.0.iter().any(|name| *name == host || Some(name) == with_port.as_ref())
            || (ip.is_loopback() && self.0.iter().any(|name| name == "loopback"))
    }

    /// The host is allowed, but with ports of which this is none. A host without a rule is not decided here.
    fn names_other_port(&self, host: &str, port: u16) -> bool {
        let host = host.to_ascii_lowercase();
        let mut ports = self.0.iter().filter_map(|name| name.rsplit_once(':')).filter(|(name, _)| *name == host);
        let any_port = self.0.contains(&host);
        let first = ports.next();
        first.is_some() && !any_port && !first.into_iter().chain(ports).any(|(_, allowed)| allowed == port.to_string())
    }

    /// Whether the name may resolve to addresses inside; its port was checked with the URL.
    fn has_name(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.0.iter().any(|name| name.split(':').next() == Some(host.as_str()))
    }

    fn has_loopback(&self) -> bool {
        self.0.iter().any(|name| name == "loopback")
    }
}

/// Resolves names; fails when any address is inside and not allowed, so that no mixture leads in.
struct Public {
    allowed: Arc<Allowed>,
    lookup: Lookup,
}

impl Resolve for Public {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.allowed.clone();
        let host = name.as_str().to_owned();
        let found = (self.lookup)(host.clone());
        Box::pin(async move {
            let addresses = found.await?;
            let may =
                |ip: IpAddr| is_public(ip) || allowed.has_name(&host) || (ip.is_loopback() && allowed.has_loopback());
            if addresses.iter().all(|address| may(address.ip())) {
                Ok(Box::new(addresses.into_iter()) as Addrs)
            } else {
                Err(EgressError::Forbidden(host).into())
            }
        })
    }
}

/// Whether an address is one of the public internet.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(a == 0
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || a >= 224 // multicast, reserved, broadcast
        || (a == 100 && (64..128).contains(&b)) // shared between a provider and its customers
        || (a == 192 && b == 0 && c == 0) // protocol assignments
        || (a == 192 && b == 88 && c == 99) // 6to4 relays
        || (a == 198 && (b == 18 || b == 19))) // benchmarks
}

/// Global unicast (2000::/3) only, without what is reserved or carries an IPv4 address inside.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    (a & 0xe000) == 0x2000
        && a != 0x2002 // 6to4
        && !(a == 0x2001 && (b < 0x0200 || b == 0x0db8)) // Teredo and other assignments, documentation
        && !(a == 0x3fff && b < 0x1000) // documentation
}

#[cfg(test)]
mod hostile;

#[cfg(test)]
mod tests {
    use super::*;

    fn egress(allow: &[&str]) -> Egress {
        Egress::new(&Config { allow: allow.iter().map(ToString::to_string).collect() }).unwrap()
    }

    #[test]
    fn addresses_inside_are_refused_in_every_spelling() {
        let egress = egress(&[]);
        for host in [
            "127.0.0.1",
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "127.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.1",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::127.0.0.1]",
            "[fe80::1]",
            "[fc00::1]",
            "[fec0::1]",
            "[2002:7f00:1::]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b:1::1]",
            "[2001::1]",
            "[ff02::1]",
            "[2001:db8::1]",
            "127.0.0.1.",
            "user@127.0.0.1",
        ] {
            assert!(egress.check(&format!("http://{host}/")).is_err(), "{host}");
        }
        for url in ["file:///etc/passwd", "ftp://example.com", "gopher://example.com", "not a url", "http://"] {
            assert!(egress.check(url).is_err(), "{url}");
        }
        assert!(egress.check("https://8.8.8.8/").is_ok());
        assert!(egress.check("https://[2606:4700::1111]/").is_ok());
    }

    #[tokio::test]
    async fn names_are_decided_by_what_they_resolve_to() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let refused = egress(&[]);
        let url = refused.check(&format!("http://localhost:{port}/")).unwrap();
        assert!(refused.client().get(url).send().await.is_err());
        assert!(tokio::time::timeout(Duration::from_millis(50), listener.accept()).await.is_err(), "nobody connected");
    }

    #[test]
    fn what_is_allowed_is_called() {
        assert!(egress(&["loopback"]).check("http://127.0.0.1:8080/").is_ok());
        assert!(egress(&["10.0.0.1:8080"]).check("http://10.0.0.1:8080/").is_ok());
        assert!(egress(&["10.0.0.1:8080"]).check("http://10.0.0.1:9090/").is_err());
        assert!(egress(&["loopback"]).check("http://10.0.0.1/").is_err());
    }
}
