//! Where secrets are. A tenant reads its own: the files of its folder, and those of the environment when it is named as
//! one that may.

use super::{Opened, Secret, Seen, is_name};
use std::{io::ErrorKind, path::PathBuf};
use worker_sdk::JobFailure;

/// Of one secret, in bytes.
const LARGEST: u64 = 64 * 1024;
/// What the environment's begin with.
pub const VARIABLE: &str = "BATON_SECRET_";

#[derive(Debug, Clone, Default, clap::Args)]
#[group(skip)]
pub struct Config {
    /// Folder of secrets, a file each: `<tenant>/<name>`, as Kubernetes mounts them. Files beside the tenants' folders are
    /// for this worker's own configuration.
    #[arg(long, env = "BATON_SECRETS_DIR")]
    pub secrets_dir: Option<PathBuf>,
    /// Tenants whose processes may also use `BATON_SECRET_<NAME>` of this worker's environment, comma separated; `*` for
    /// all.
    #[arg(long, env = "BATON_SECRETS_TENANTS", value_delimiter = ',')]
    pub secrets_tenants: Vec<String>,
}

type Environment = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Reads secrets; keeps none, so that a changed one is used by the next job.
pub struct Secrets {
    config: Config,
    environment: Environment,
}

#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("`{0}` cannot be the name of a secret: letters, digits, `-`, `_` and `.` can")]
    Name(String),
    #[error("the secret `{name}` is not known to this worker for the tenant `{tenant}`")]
    Unknown { name: String, tenant: String },
    #[error("the secret `{0}` is not known to this worker")]
    NotConfigured(String),
    #[error("the secret `{name}` cannot be read")]
    Reading { name: String, source: std::io::Error },
    #[error("the secret `{0}` is empty, not text, or larger than 64 KiB")]
    NotText(String),
}

impl SecretError {
    /// A disk may come back; what is not configured is a person's business.
    pub fn failure(self) -> JobFailure {
        match &self {
            SecretError::Reading { source, .. } => JobFailure::retryable(format!("{self}: {source}")),
            _ => JobFailure::bug(self.to_string()),
        }
    }
}

impl Secrets {
    pub fn new(config: &Config) -> Self {
        Secrets { config: config.clone(), environment: Box::new(|name| std::env::var(name).ok()) }
    }

    /// Reads these variables and not those of the process.
    #[must_use]
    pub fn environment(self, read: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Secrets { environment: Box::new(read), ..self }
    }

    /// For one job of this tenant.
    pub fn open(&self, tenant: &str) -> Opened<'_> {
        Opened::new(self, tenant)
    }

    pub fn of_tenant(&self, tenant: &str, name: &str) -> Result<Secret, SecretError> {
        check(name)?;
        let file = if is_name(tenant) { self.file(Some(tenant), name)? } else { None };
        let may = self.config.secrets_tenants.iter().any(|allowed| matches!(allowed.trim(), "*") || allowed == tenant);
        let unknown = || SecretError::Unknown { name: name.to_owned(), tenant: tenant.to_owned() };
        match file {
            Some(text) => as_text(name, text),
            None if may => self.variable(name).map_or_else(|| Err(unknown()), |text| as_text(name, text)),
            None => Err(unknown()),
        }
    }

    /// For the worker's own configuration, which belongs to no tenant.
    pub fn of_configuration(&self, name: &str) -> Result<Secret, SecretError> {
        check(name)?;
        match self.file(None, name)?.or_else(|| self.variable(name)) {
            Some(text) => as_text(name, text),
            None => Err(SecretError::NotConfigured(name.to_owned())),
        }
    }

    /// The configuration's text with what it refers to in its place.
    pub fn configured(&self, text: &str) -> Result<Secret, SecretError> {
        super::opened::fill(text, |name| self.of_configuration(name))
    }

    /// The same, remembering what was put there.
    pub fn configured_seen(&self, text: &str, seen: &Seen) -> Result<Secret, SecretError> {
        super::opened::fill(text, |name| {
            let secret = self.of_configuration(name)?;
            seen.remember(secret.expose());
            Ok(secret)
        })
    }

    fn file(&self, tenant: Option<&str>, name: &str) -> Result<Option<String>, SecretError> {
        let Some(folder) = &self.config.secrets_dir else { return Ok(None) };
        let path = tenant.map_or_else(|| folder.clone(), |tenant| folder.join(tenant)).join(name);
        let reading = |source| SecretError::Reading { name: name.to_owned(), source };
        match std::fs::metadata(&path) {
            Ok(found) if found.is_file() && found.len() <= LARGEST => {}
            Ok(_) => return Err(SecretError::NotText(name.to_owned())),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(error) => return Err(reading(error)),
        }
        let bytes = std::fs::read(&path).map_err(reading)?;
        String::from_utf8(bytes).map(Some).map_err(|_| SecretError::NotText(name.to_owned()))
    }

    fn variable(&self, name: &str) -> Option<String> {
        (self.environment)(&format!("{VARIABLE}{}", name.to_ascii_uppercase().replace(['-', '.'], "_")))
    }
}

fn check(name: &str) -> Result<(), SecretError> {
    if is_name(name) { Ok(()) } else { Err(SecretError::Name(name.to_owned())) }
}

/// Editors and `echo` end a file with a line break that nobody means.
fn as_text(name: &str, text: String) -> Result<Secret, SecretError> {
    let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    if text.is_empty() { Err(SecretError::NotText(name.to_owned())) } else { Ok(Secret::new(text)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(tenants: &[&str]) -> (Secrets, PathBuf) {
        let folder = std::env::temp_dir().join(format!("baton-secrets-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(folder.join("acme")).unwrap();
        std::fs::write(folder.join("acme/token"), "of acme\n").unwrap();
        std::fs::write(folder.join("shared"), "of the worker").unwrap();
        let config = Config {
            secrets_dir: Some(folder.clone()),
            secrets_tenants: tenants.iter().map(ToString::to_string).collect(),
        };
        let environment = |name: &str| (name == "BATON_SECRET_API_KEY").then(|| "of the environment".to_owned());
        (Secrets::new(&config).environment(environment), folder)
    }

    #[test]
    fn a_tenant_reads_its_own() {
        let (secrets, folder) = secrets(&["acme"]);
        assert_eq!(secrets.of_tenant("acme", "token").unwrap().expose(), "of acme");
        assert_eq!(secrets.of_tenant("acme", "api-key").unwrap().expose(), "of the environment");
        assert_eq!(secrets.of_configuration("shared").unwrap().expose(), "of the worker");
        for (tenant, name) in [("globex", "token"), ("globex", "api-key"), ("..", "shared"), (".", "shared")] {
            assert!(matches!(secrets.of_tenant(tenant, name), Err(SecretError::Unknown { .. })), "{tenant} {name}");
        }
        assert!(matches!(secrets.of_tenant("acme", "shared"), Err(SecretError::Unknown { .. })));
        assert!(matches!(secrets.of_tenant("acme", "../shared"), Err(SecretError::Name(_))));
        assert!(matches!(secrets.of_configuration("acme"), Err(SecretError::NotText(_))));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_environment_is_for_the_tenants_that_are_named() {
        let (secrets, folder) = secrets(&[]);
        let failure = secrets.of_tenant("acme", "api-key").unwrap_err().failure();
        assert!(matches!(&failure, JobFailure::Bug { message } if message.contains("`api-key`")), "{failure}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
