//! Variables from the command line: by name, from a file, or as files that are uploaded first.

use super::exit::Usage;
use crate::client::Client;
use anyhow::Context;
use serde_json::{Map, Value};
use std::path::PathBuf;

#[derive(clap::Args, Clone, Default)]
#[group(skip)]
pub struct Variables {
    /// A variable: what is JSON is taken as that (`--var n=3`), all else is text; may be repeated.
    #[arg(long = "var", value_name = "NAME=VALUE")]
    var: Vec<String>,
    /// File with variables, an object in JSON or YAML; `-` is the standard input. --var goes before it.
    #[arg(long, value_name = "FILE")]
    variables: Option<PathBuf>,
}

impl Variables {
    pub fn read(&self) -> anyhow::Result<Map<String, Value>> {
        let mut all = match &self.variables {
            None => Map::new(),
            Some(file) => object(file)?,
        };
        for pair in &self.var {
            let (name, value) = pair_of(pair)?;
            all.insert(name.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| value.into()));
        }
        Ok(all)
    }
}

/// Uploads files, each to be a variable.
pub async fn upload(client: &Client, files: &[String], variables: &mut Map<String, Value>) -> anyhow::Result<()> {
    for file in files {
        let (name, path) = pair_of(file)?;
        variables.insert(name.to_owned(), client.upload(path.as_ref()).await?);
    }
    Ok(())
}

fn pair_of(pair: &str) -> anyhow::Result<(&str, &str)> {
    match pair.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name, value)),
        _ => Err(Usage(format!("`{pair}` is not of the form NAME=VALUE")).into()),
    }
}

fn object(file: &std::path::Path) -> anyhow::Result<Map<String, Value>> {
    let text = match file.as_os_str().as_encoded_bytes() {
        b"-" => std::io::read_to_string(std::io::stdin()),
        _ => std::fs::read_to_string(file),
    };
    let text = text.with_context(|| format!("reading variables from {}", file.display()))?;
    parsed(&text)
        .with_context(|| format!("{} holds no variables: it must be an object in JSON or YAML", file.display()))
}

/// JSON first: its numbers and errors are JSON's own.
fn parsed(text: &str) -> anyhow::Result<Map<String, Value>> {
    match serde_json::from_str(text) {
        Ok(object) => Ok(object),
        Err(error) if text.trim_start().starts_with('{') => Err(error.into()),
        Err(_) => Ok(serde_saphyr::from_str(text)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(pairs: &[&str]) -> anyhow::Result<Value> {
        let var = pairs.iter().map(|pair| (*pair).to_owned()).collect();
        Variables { var, variables: None }.read().map(Value::Object)
    }

    #[test]
    fn what_is_json_is_json_and_all_else_is_text() {
        let read =
            of(&["n=3", "name=you", "yes=true", "list=[1, 2]", "quoted=\"3\"", "equation=a=b", "empty="]).unwrap();
        let wanted =
            json!({"n": 3, "name": "you", "yes": true, "list": [1, 2], "quoted": "3", "equation": "a=b", "empty": ""});
        assert_eq!(read, wanted);
        assert!(of(&["name"]).unwrap_err().to_string().contains("NAME=VALUE"));
        assert!(of(&["=1"]).is_err());
    }

    #[test]
    fn a_file_of_variables_is_json_or_yaml() {
        let wanted = json!({"customer": "Smith", "total": 12.5, "items": [{"id": 1}], "none": null});
        let json = parsed(&wanted.to_string()).unwrap();
        let yaml = parsed("customer: Smith\ntotal: 12.5\nitems:\n  - {id: 1}\nnone: null\n").unwrap();
        assert_eq!((Value::Object(json), Value::Object(yaml)), (wanted.clone(), wanted));
        assert!(parsed("{\"a\": 1").unwrap_err().is::<serde_json::Error>());
        for text in ["- a list", "text", "a: [1", "[1]"] {
            assert!(parsed(text).is_err(), "{text}");
        }
    }
}
