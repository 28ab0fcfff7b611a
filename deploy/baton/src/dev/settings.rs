//! Where the development server keeps its things, and on which ports it listens. Ports are free ones of loopback,
//! chosen once per start; the key is made once per data folder, so that an open page stays signed in.

use super::Args;
use anyhow::{Context, bail};
use std::{
    fs::{self, File},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Where workers look for NATS unless they are told.
const NATS_PORT: u16 = 4222;

#[derive(Clone)]
pub struct Settings {
    pub data: PathBuf,
    pub database_url: String,
    pub postgres_port: u16,
    pub nats_url: String,
    pub nats_port: u16,
    pub gateway_port: u16,
    pub smtp_port: u16,
    pub api_key: String,
    /// Held while the server lives: one server per folder.
    _lock: Arc<File>,
}

impl Settings {
    pub fn prepare(args: &Args) -> anyhow::Result<Settings> {
        fs::create_dir_all(&args.data).with_context(|| format!("making {}", args.data.display()))?;
        let data = args.data.canonicalize()?;
        let lock = lock(&data)?;
        for folder in ["logs", "store", "mail", "pids"] {
            fs::create_dir_all(data.join(folder))?;
        }
        let [postgres_port, smtp_port, one, another] = free_ports()?;
        let is_for_people = args.port != 0;
        let gateway_port = if is_for_people && is_free(args.port) { args.port } else { one };
        let nats_port = if is_for_people && is_free(NATS_PORT) { NATS_PORT } else { another };
        let local = format!("postgres://baton@127.0.0.1:{postgres_port}/baton");
        Ok(Settings {
            database_url: args.database_url.clone().unwrap_or(local),
            nats_url: args.nats_url.clone().unwrap_or(format!("nats://127.0.0.1:{nats_port}")),
            api_key: api_key(&data)?,
            data,
            postgres_port,
            nats_port,
            gateway_port,
            smtp_port,
            _lock: Arc::new(lock),
        })
    }

    /// Address of the page and the API.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.gateway_port)
    }

    pub fn mail_dir(&self) -> PathBuf {
        self.data.join("mail")
    }

    pub fn log(&self, name: &str) -> PathBuf {
        self.data.join("logs").join(format!("{name}.log"))
    }

    /// What every service is told.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("BATON_DATABASE_URL", self.database_url.clone()),
            ("BATON_NATS_URL", self.nats_url.clone()),
            ("BATON_STORE_URL", format!("file://{}", self.data.join("store").display())),
            ("BATON_API_KEYS", format!("{}=dev:admin", self.api_key)),
            ("BATON_DEV", "true".to_owned()),
            ("BATON_DEV_MAIL_DIR", self.mail_dir().display().to_string()),
            ("BATON_SMTP_URL", format!("smtp://127.0.0.1:{}", self.smtp_port)),
            ("BATON_MAIL_FROM", "baton@localhost".to_owned()),
            ("BATON_SECRETS_TENANTS", "dev".to_owned()),
            ("BATON_PUBLIC_URL", self.url()),
            ("BATON_LINK_KEY", format!("links of {}", self.api_key)),
            ("BATON_DIE_WITH_PARENT", "1".to_owned()),
        ]
    }
}

fn lock(data: &Path) -> anyhow::Result<File> {
    let file = File::options().create(true).truncate(false).write(true).open(data.join("lock"))?;
    if rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_err() {
        bail!("a development server is running in {} already; stop it, or choose another --data", data.display());
    }
    Ok(file)
}

fn api_key(data: &Path) -> anyhow::Result<String> {
    let path = data.join("api-key");
    if let Ok(key) = fs::read_to_string(&path)
        && !key.trim().is_empty()
    {
        return Ok(key.trim().to_owned());
    }
    let key = format!("dev-{}", uuid::Uuid::new_v4().simple());
    fs::write(&path, &key)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    Ok(key)
}

/// All held until the last is known, so that they differ.
fn free_ports<const N: usize>() -> anyhow::Result<[u16; N]> {
    let listeners: Vec<TcpListener> = (0..N).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
    let mut ports = [0; N];
    for (port, listener) in ports.iter_mut().zip(&listeners) {
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}

pub fn free_port() -> anyhow::Result<u16> {
    Ok(free_ports::<1>()?[0])
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}
