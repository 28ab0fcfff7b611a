//! Variables from the command line: by name, from a file, or as files that are uploaded first.

use crate::client::Client;
use anyhow::{Context, bail};
use serde_json::{Map, Value};
use std::path::PathBuf;

#[derive(clap::Args, Clone, Default)]
#[group(skip)]
pub struct Variables {
    /// A variable: what is JSON is taken as that (`--var n=3`), all else is text; may be repeated.
    #[arg(long = "var", value_name = "NAME=VALUE")]
    var: Vec<String>,
    /// File with variables, a JSON object; `-` is the standard input. --var goes before it.
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
        _ => bail!("`{pair}` is not of the form NAME=VALUE"),
    }
}

fn object(file: &std::path::Path) -> anyhow::Result<Map<String, Value>> {
    let text = match file.as_os_str().as_encoded_bytes() {
        b"-" => std::io::read_to_string(std::io::stdin()),
        _ => std::fs::read_to_string(file),
    };
    let text = text.with_context(|| format!("reading variables from {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not a JSON object", file.display()))
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
}
