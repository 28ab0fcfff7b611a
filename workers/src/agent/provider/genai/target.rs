//! Which provider answers for a model. This is what is read of the environment:
//!
//! | Variable | What it does |
//! |---|---|
//! | `BATON_LLM_BASE_URL` | any address that speaks OpenAI's dialect; answers for every model |
//! | `BATON_LLM_API_KEY` | its key, when it wants one |
//! | `BATON_LLM_MODEL` | the model asked for instead of the one that the definition names |
//! | `ANTHROPIC_API_KEY` | for `anthropic/…` and `claude…` |
//! | `OPENAI_API_KEY` | for `openai/…` and `gpt…` |
//! | `OPENROUTER_API_KEY` | for `openrouter/…`, and every `vendor/model` that no other key is for |
//! | `OLLAMA_HOST` | for models without a vendor; `ollama/…` works without it |

use super::super::Environment;
use ::genai::{
    ModelIden, ServiceTarget,
    adapter::AdapterKind,
    chat::StreamEnd,
    resolver::{AuthData, Endpoint},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Provider {
    Compatible,
    Anthropic,
    OpenAi,
    OpenRouter,
    Ollama,
}

const PROVIDERS: [Provider; 5] =
    [Provider::Compatible, Provider::Anthropic, Provider::OpenAi, Provider::OpenRouter, Provider::Ollama];

#[derive(Clone)]
pub struct Target {
    provider: Provider,
    address: String,
    key: String,
    model: String,
}

/// `None`: nothing in the environment is for this model. `Err`: `forced` insists on what is not there.
pub fn choose(model: &str, forced: Option<&str>, environment: Environment) -> Option<Result<Target, String>> {
    let read = |name: &str| environment(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let wanted = read("BATON_LLM_MODEL").unwrap_or_else(|| model.to_owned());
    let Some(forced) = forced.map(str::trim).filter(|forced| !forced.is_empty()) else {
        let provider = PROVIDERS.into_iter().find(|provider| provider.answers_for(&wanted, &read))?;
        return Some(provider.target(&wanted, &read));
    };
    if forced == "scripted" {
        return None;
    }
    let named = PROVIDERS.into_iter().find(|provider| provider.name() == forced);
    Some(named.map_or_else(|| Err(unknown(forced)), |provider| provider.target(&wanted, &read)))
}

fn unknown(forced: &str) -> String {
    let names = PROVIDERS.map(Provider::name).join(", ");
    format!("BATON_LLM is `{forced}`; it can be scripted, {names}")
}

impl Provider {
    fn name(self) -> &'static str {
        match self {
            Provider::Compatible => "openai-compatible",
            Provider::Anthropic => "anthropic",
            Provider::OpenAi => "openai",
            Provider::OpenRouter => "openrouter",
            Provider::Ollama => "ollama",
        }
    }

    fn answers_for(self, model: &str, read: Environment) -> bool {
        let vendor = model.split_once('/').map(|(vendor, _)| vendor);
        let is = |name: &str, bare: &str| vendor == Some(name) || (vendor.is_none() && model.starts_with(bare));
        match self {
            Provider::Compatible => read("BATON_LLM_BASE_URL").is_some(),
            Provider::Anthropic => is("anthropic", "claude") && read("ANTHROPIC_API_KEY").is_some(),
            Provider::OpenAi => is("openai", "gpt") && read("OPENAI_API_KEY").is_some(),
            Provider::OpenRouter => {
                vendor.is_some_and(|vendor| vendor != "ollama") && read("OPENROUTER_API_KEY").is_some()
            }
            Provider::Ollama => vendor == Some("ollama") || (vendor.is_none() && read("OLLAMA_HOST").is_some()),
        }
    }

    fn target(self, model: &str, read: Environment) -> Result<Target, String> {
        let needed = |name: &str| read(name).ok_or_else(|| format!("{} needs {name} in the environment", self.name()));
        let (address, key) = match self {
            Provider::Compatible => (needed("BATON_LLM_BASE_URL")?, read("BATON_LLM_API_KEY").unwrap_or_default()),
            Provider::Anthropic => ("https://api.anthropic.com/v1/".to_owned(), needed("ANTHROPIC_API_KEY")?),
            Provider::OpenAi => ("https://api.openai.com/v1/".to_owned(), needed("OPENAI_API_KEY")?),
            Provider::OpenRouter => ("https://openrouter.ai/api/v1/".to_owned(), needed("OPENROUTER_API_KEY")?),
            Provider::Ollama => (ollama(read), "ollama".to_owned()),
        };
        let model = self.own_name(model).to_owned();
        if model.is_empty() {
            return Err(format!("{} needs a model; the definition names none", self.name()));
        }
        Ok(Target { provider: self, address: with_slash(address), key, model })
    }

    /// The model as the provider calls it: without its own name before it. Gateways know models by their vendor.
    fn own_name(self, model: &str) -> &str {
        model.strip_prefix(self.name()).and_then(|rest| rest.strip_prefix('/')).unwrap_or(model)
    }

    fn adapter(self) -> AdapterKind {
        match self {
            Provider::Compatible | Provider::OpenAi => AdapterKind::OpenAI,
            Provider::Anthropic => AdapterKind::Anthropic,
            Provider::OpenRouter => AdapterKind::OpenRouter,
            Provider::Ollama => AdapterKind::Ollama,
        }
    }
}

/// `OLLAMA_HOST` may come without a scheme.
fn ollama(read: Environment) -> String {
    let host = read("OLLAMA_HOST").unwrap_or_else(|| "127.0.0.1:11434".to_owned());
    if host.contains("://") { host } else { format!("http://{host}") }
}

/// Paths are appended to it as they are.
fn with_slash(address: String) -> String {
    if address.ends_with('/') { address } else { address + "/" }
}

impl Target {
    pub fn name(&self) -> &'static str {
        self.provider.name()
    }

    pub fn service(&self) -> ServiceTarget {
        ServiceTarget {
            endpoint: Endpoint::from_owned(self.address.as_str()),
            auth: AuthData::from_single(self.key.as_str()),
            model: ModelIden::new(self.provider.adapter(), self.model.as_str()),
        }
    }

    /// Ollama's answer ends without a reason when it was cut off; the others' do not end at all then.
    pub fn is_complete(&self, end: &StreamEnd) -> bool {
        self.provider != Provider::Ollama || end.captured_stop_reason.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(model: &str, forced: Option<&str>, environment: &[(&str, &str)]) -> Option<Result<Target, String>> {
        let read =
            |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        choose(model, forced, &read)
    }

    #[track_caller]
    fn check(model: &str, forced: Option<&str>, environment: &[(&str, &str)], expected: &str) {
        let told = match chosen(model, forced, environment) {
            None => "none".to_owned(),
            Some(Err(message)) => message,
            Some(Ok(target)) => format!("{} {} {} {}", target.name(), target.address, target.key, target.model),
        };
        assert_eq!(told, expected);
    }

    const ANTHROPIC: (&str, &str) = ("ANTHROPIC_API_KEY", "a");
    const OPENAI: (&str, &str) = ("OPENAI_API_KEY", "o");
    const ROUTER: (&str, &str) = ("OPENROUTER_API_KEY", "r");

    #[test]
    fn a_model_goes_where_its_key_is() {
        let all = [ANTHROPIC, OPENAI, ROUTER];
        check("anthropic/c", None, &all, "anthropic https://api.anthropic.com/v1/ a c");
        check("claude-x", None, &all, "anthropic https://api.anthropic.com/v1/ a claude-x");
        check("openai/gpt-x", None, &all, "openai https://api.openai.com/v1/ o gpt-x");
        check("meta/llama", None, &all, "openrouter https://openrouter.ai/api/v1/ r meta/llama");
        check("anthropic/c", None, &[ROUTER], "openrouter https://openrouter.ai/api/v1/ r anthropic/c");
        check("openrouter/meta/llama", None, &[ROUTER], "openrouter https://openrouter.ai/api/v1/ r meta/llama");
    }

    #[test]
    fn nothing_in_the_environment_is_nothing() {
        check("anthropic/c", None, &[], "none");
        check("anthropic/c", None, &[("ANTHROPIC_API_KEY", " ")], "none");
        check("anthropic/c", None, &[OPENAI], "none");
        check("", None, &[], "none");
        check("anthropic/c", Some("scripted"), &[ANTHROPIC], "none");
    }

    #[test]
    fn ollama_needs_no_key() {
        check("ollama/q", None, &[], "ollama http://127.0.0.1:11434/ ollama q");
        check("q", None, &[("OLLAMA_HOST", "box:1")], "ollama http://box:1/ ollama q");
        check("anthropic/c", None, &[("OLLAMA_HOST", "box:1")], "none");
    }

    #[test]
    fn an_own_address_answers_for_all() {
        let own = [("BATON_LLM_BASE_URL", "http://x/v1"), ("BATON_LLM_API_KEY", "k"), ANTHROPIC];
        check("anthropic/c", None, &own, "openai-compatible http://x/v1/ k anthropic/c");
        let other = [("BATON_LLM_BASE_URL", "http://x/v1/"), ("BATON_LLM_MODEL", "m")];
        check("anthropic/c", None, &other, "openai-compatible http://x/v1/  m");
    }

    #[test]
    fn insisting_on_what_is_not_there_is_refused() {
        check("anthropic/c", Some("openai"), &[OPENAI], "openai https://api.openai.com/v1/ o anthropic/c");
        check("c", Some("anthropic"), &[OPENAI], "anthropic needs ANTHROPIC_API_KEY in the environment");
        let known = "openai-compatible, anthropic, openai, openrouter, ollama";
        check("c", Some("oracle"), &[OPENAI], &format!("BATON_LLM is `oracle`; it can be scripted, {known}"));
    }
}
