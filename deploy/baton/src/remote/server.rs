//! Which gateway, and with which key: what is said on the command line or in the environment, else a profile, else the
//! development server of this folder.

use super::profile::Profiles;
use crate::{client::Client, dev::Connection};
use anyhow::Context;

const DEFAULT_URL: &str = "http://127.0.0.1:8420";

#[derive(clap::Args, Clone, Default)]
#[group(skip)]
#[command(next_help_heading = "Server")]
pub struct Server {
    /// Address of the gateway [default: of the profile, or of `baton dev` in this folder or one above].
    #[arg(long, env = "BATON_URL")]
    url: Option<String>,
    /// API key [default: that of the same profile or development server].
    #[arg(long, env = "BATON_API_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Profile to use (`baton profile`).
    #[arg(long, env = "BATON_PROFILE")]
    profile: Option<String>,
}

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    pub url: String,
    pub key: String,
    /// From where, for an error's message.
    pub by: String,
}

impl Server {
    pub fn client(&self) -> anyhow::Result<Client> {
        let reached = self.reached()?;
        Ok(Client::new(&reached.url, &reached.key).found_by(&reached.by))
    }

    pub fn reached(&self) -> anyhow::Result<Reached> {
        let profiles = Profiles::read()?;
        let here = || std::env::current_dir().ok().and_then(|folder| Connection::find(&folder));
        self.choose(&profiles, here)
    }

    fn choose(&self, profiles: &Profiles, here: impl FnOnce() -> Option<Connection>) -> anyhow::Result<Reached> {
        let said = |url: &str, key: &str, by: String| {
            let url = self.url.clone().unwrap_or_else(|| url.to_owned());
            let key = self.key.clone().unwrap_or_else(|| key.to_owned());
            Reached { url, key, by }
        };
        if let Some(name) = &self.profile {
            let profile = profiles.get(name).with_context(|| {
                format!("there is no profile `{name}`; `baton profile add {name} --url … --key …` makes it")
            })?;
            return Ok(match self.is_elsewhere(&profile.url) {
                true => said("", "", "--url or BATON_URL".to_owned()),
                false => said(&profile.url, &profile.key, format!("the profile `{name}`")),
            });
        }
        // A key is for one address: it does not go to another that is named without one.
        if let Some(url) = &self.url {
            return Ok(said(url, "", "--url or BATON_URL".to_owned()));
        }
        if let Some((name, profile)) = profiles.current() {
            return Ok(said(&profile.url, &profile.key, format!("the profile `{name}`")));
        }
        if let Some(found) = here() {
            return Ok(said(&found.url, &found.key, found.file.display().to_string()));
        }
        Ok(said(DEFAULT_URL, "", "the default; name another by --url, a profile, or start `baton dev`".to_owned()))
    }

    /// BATON_URL is easily left over from other work: the key of a profile that is named does not follow it either.
    fn is_elsewhere(&self, url: &str) -> bool {
        self.url.as_deref().is_some_and(|said| said.trim_end_matches('/') != url.trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::profile::Profile;

    fn profiles(current: Option<&str>) -> Profiles {
        let mut profiles = Profiles::default();
        for name in ["shop", "test"] {
            let profile = Profile { url: format!("https://{name}"), key: format!("key of {name}") };
            profiles.profiles.insert(name.to_owned(), profile);
        }
        profiles.current = current.map(str::to_owned);
        profiles
    }

    fn dev() -> Option<Connection> {
        Some(Connection { url: "http://dev".to_owned(), key: "key of dev".to_owned(), file: "connection.json".into() })
    }

    fn chosen(server: &Server, current: Option<&str>, here: Option<Connection>) -> (String, String) {
        let reached = server.choose(&profiles(current), || here).unwrap();
        (reached.url, reached.key)
    }

    fn pair(url: &str, key: &str) -> (String, String) {
        (url.to_owned(), key.to_owned())
    }

    #[test]
    fn what_is_said_goes_before_a_profile_and_that_before_the_development_server() {
        let nothing = Server::default();
        assert_eq!(chosen(&nothing, None, None), pair(DEFAULT_URL, ""));
        assert_eq!(chosen(&nothing, None, dev()), pair("http://dev", "key of dev"));
        assert_eq!(chosen(&nothing, Some("shop"), dev()), pair("https://shop", "key of shop"));
        let test = Server { profile: Some("test".to_owned()), ..Server::default() };
        assert_eq!(chosen(&test, Some("shop"), dev()), pair("https://test", "key of test"));
        let slash = Server { url: Some("https://test/".to_owned()), ..test.clone() };
        assert_eq!(chosen(&slash, None, None), pair("https://test/", "key of test"));
        let moved = Server { url: Some("http://else".to_owned()), ..test };
        assert_eq!(chosen(&moved, Some("shop"), dev()), pair("http://else", ""), "nor that of a profile that is named");
        let both = Server { key: Some("mine".to_owned()), ..moved };
        assert_eq!(chosen(&both, Some("shop"), dev()), pair("http://else", "mine"));
        let url = Server { url: Some("http://else".to_owned()), ..Server::default() };
        assert_eq!(chosen(&url, Some("shop"), dev()), pair("http://else", ""), "no key goes where it is not for");
        let key = Server { key: Some("mine".to_owned()), ..Server::default() };
        assert_eq!(chosen(&key, Some("shop"), dev()), pair("https://shop", "mine"));
    }

    #[test]
    fn an_unknown_profile_is_refused_with_what_to_do() {
        let server = Server { profile: Some("nowhere".to_owned()), ..Server::default() };
        let error = server.choose(&profiles(None), dev).unwrap_err().to_string();
        assert!(error.contains("`nowhere`") && error.contains("baton profile add"), "{error}");
    }
}
