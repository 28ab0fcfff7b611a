//! Profiles: gateways under names, in a file that only its owner can read.

use super::output::{Column, Output};
use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{
    collections::BTreeMap,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  baton profile add shop --url https://baton.example.com --key-file shop.key
  baton profile use shop
  baton profile list")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Keep an address and a key under a name, or replace what is there.
    Add {
        name: String,
        /// Address of the gateway.
        #[arg(long)]
        url: String,
        /// API key. On a shared machine others may see it in the list of processes: take --key-file there.
        #[arg(long, conflicts_with = "key_file", required_unless_present = "key_file")]
        key: Option<String>,
        /// File with the API key; `-` is the standard input.
        #[arg(long)]
        key_file: Option<PathBuf>,
    },
    /// Use a profile from now on.
    Use { name: String },
    /// Forget a profile.
    Remove { name: String },
    /// List the profiles; keys are not shown.
    List {
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Profile {
    pub url: String,
    pub key: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Profiles {
    pub current: Option<String>,
    #[serde(default)]
    pub profiles: BTreeMap<String, Profile>,
}

pub fn run(args: Args) -> anyhow::Result<()> {
    let mut profiles = Profiles::read()?;
    match args.what {
        What::Add { name, url, key, key_file } => {
            let key = match (key, key_file) {
                (Some(key), _) => key,
                (None, Some(file)) => read_key(&file)?,
                (None, None) => bail!("a key is needed"),
            };
            // The first one is used; others when they are asked for.
            let is_first = profiles.profiles.is_empty();
            profiles.profiles.insert(name.clone(), Profile { url, key });
            if is_first {
                profiles.current = Some(name);
            }
            profiles.write()
        }
        What::Use { name } => {
            profiles.must_have(&name)?;
            profiles.current = Some(name);
            profiles.write()
        }
        What::Remove { name } => {
            profiles.must_have(&name)?;
            profiles.profiles.remove(&name);
            if profiles.current.as_deref() == Some(&name) {
                profiles.current = None;
            }
            profiles.write()
        }
        What::List { output } => {
            let is_current = |name: &str| profiles.current.as_deref() == Some(name);
            let rows: Vec<_> = profiles
                .profiles
                .iter()
                .map(|(name, it)| json!({"name": name, "url": it.url, "current": is_current(name)}))
                .collect();
            output.list(&rows, &[Column("name", "name"), Column("url", "url"), Column("current", "current")])
        }
    }
}

fn read_key(file: &Path) -> anyhow::Result<String> {
    let text = match file.as_os_str().as_encoded_bytes() {
        b"-" => std::io::read_to_string(std::io::stdin()),
        _ => std::fs::read_to_string(file),
    };
    let key = text.with_context(|| format!("reading the key from {}", file.display()))?;
    match key.trim() {
        "" => bail!("there is no key in {}", file.display()),
        key => Ok(key.to_owned()),
    }
}

impl Profiles {
    pub fn read() -> anyhow::Result<Profiles> {
        match path() {
            Some(path) => Profiles::read_from(&path),
            None => Ok(Profiles::default()),
        }
    }

    fn read_from(path: &Path) -> anyhow::Result<Profiles> {
        match std::fs::read_to_string(path) {
            Ok(text) => serde_json::from_str(&text)
                .with_context(|| format!("{} is not a file of profiles; put it right or remove it", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Profiles::default()),
            Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
        }
    }

    fn write(&self) -> anyhow::Result<()> {
        let path = path().context("there is no folder for settings: set HOME or XDG_CONFIG_HOME")?;
        self.write_to(&path).with_context(|| format!("writing {}", path.display()))
    }

    /// Beside it and then in its place, so that it is never half there.
    fn write_to(&self, path: &Path) -> anyhow::Result<()> {
        let folder = path.parent().context("it has no folder")?;
        std::fs::create_dir_all(folder)?;
        let new = path.with_extension(format!("{}.new", std::process::id()));
        let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.sync_all()?;
        Ok(std::fs::rename(&new, path)?)
    }

    pub fn get(&self, name: &str) -> Option<&Profile> {
        self.profiles.get(name)
    }

    pub fn current(&self) -> Option<(&str, &Profile)> {
        let name = self.current.as_deref()?;
        Some((name, self.profiles.get(name)?))
    }

    fn must_have(&self, name: &str) -> anyhow::Result<()> {
        if self.profiles.contains_key(name) {
            return Ok(());
        }
        let known: Vec<&str> = self.profiles.keys().map(String::as_str).collect();
        bail!("there is no profile `{name}`; there are: {}", known.join(", "))
    }
}

/// As the XDG Base Directory Specification says.
fn path() -> Option<PathBuf> {
    let of = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = of("XDG_CONFIG_HOME").or_else(|| Some(of("HOME")?.join(".config")))?;
    Some(folder.join("baton/profiles.json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn profiles_are_kept_for_their_owner_only() {
        let folder = std::env::temp_dir().join(format!("baton-profiles-{}", std::process::id()));
        let path = folder.join("baton/profiles.json");
        let mut profiles = Profiles::read_from(&path).unwrap();
        assert!(profiles.current().is_none());
        profiles.profiles.insert("shop".to_owned(), Profile { url: "https://shop".to_owned(), key: "k".to_owned() });
        profiles.current = Some("shop".to_owned());
        profiles.write_to(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let read = Profiles::read_from(&path).unwrap();
        assert_eq!(read.current().map(|(name, it)| (name, it.url.as_str())), Some(("shop", "https://shop")));
        assert!(read.must_have("other").unwrap_err().to_string().contains("shop"));
        std::fs::write(&path, "not JSON").unwrap();
        assert!(Profiles::read_from(&path).unwrap_err().to_string().contains("profiles.json"));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
