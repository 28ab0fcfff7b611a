//! `baton lint FILE|FOLDER…`: what a deployment would say of these files, without a server: structure, expressions, and what
//! the proof of the token game finds (deadlocks, elements that nothing reaches, variables read before they are written).

use crate::{client::describe, deploy_command::process_files};
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::{path::PathBuf, process::ExitCode};

#[derive(clap::Args)]
pub struct Args {
    /// Files of processes and decisions, or folders of them.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Fail on warnings too.
    #[arg(long)]
    deny_warnings: bool,
    /// Print a JSON array of diagnostics.
    #[arg(long)]
    json: bool,
}

/// Fails when a deployment would.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let paths = process_files(&args.files)?;
    if paths.is_empty() {
        bail!("there is no file of a process or a decision in it");
    }
    let mut files = Vec::new();
    for path in &paths {
        let content = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        files.push(proto::File { name: path.display().to_string(), content: content.into() });
    }
    let diagnostics: Vec<Value> = engine::lint(files)?.into_iter().map(to_json).collect();
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic["severity"] == "error").count();
    if args.json {
        println!("{}", Value::from(diagnostics.clone()));
    } else {
        diagnostics.iter().for_each(|diagnostic| println!("{}\n", describe(diagnostic)));
        println!("files: {}, errors: {errors}, warnings: {}", paths.len(), diagnostics.len() - errors);
    }
    let is_refused = errors > 0 || (args.deny_warnings && !diagnostics.is_empty());
    Ok(if is_refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// As the gateway answers a deployment.
fn to_json(diagnostic: proto::Diagnostic) -> Value {
    json!({
        "severity": diagnostic.severity,
        "code": diagnostic.code,
        "message": diagnostic.message,
        "file": diagnostic.file,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "elementId": diagnostic.element_id,
        "hint": diagnostic.hint,
        "excerpt": diagnostic.excerpt,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str =
        "process:\n  id: p\n  elements:\n  - id: a\n    type: serviceTask\n    properties:\n      topic: charge\n";
    /// One of two ways leads to a join that waits for both.
    const DEADLOCK: &str = r#"
process:
  id: q
  elements:
  - {id: s, type: startEvent}
  - {id: x, type: exclusiveGateway}
  - {id: a, type: manualTask}
  - {id: b, type: manualTask}
  - {id: j, type: parallelGateway}
  - {id: e, type: endEvent}
  connections:
  - {from: s, to: x}
  - {from: x, to: a, properties: {condition: "n > 1"}}
  - {from: x, to: b, properties: {isDefault: true}}
  - {from: a, to: j}
  - {from: b, to: j}
  - {from: j, to: e}
"#;

    #[test]
    fn it_fails_as_a_deployment_would() {
        let folder = std::env::temp_dir().join(format!("baton-lint-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let lint = |text: &str, deny_warnings| {
            std::fs::write(folder.join("a.yaml"), text).unwrap();
            run(&Args { files: vec![folder.clone()], deny_warnings, json: false }).unwrap()
        };
        assert_eq!(lint(SOUND, true), ExitCode::SUCCESS);
        assert_eq!(lint(&SOUND.replace("serviceTask", "servicetask"), false), ExitCode::FAILURE);
        assert_eq!(lint(DEADLOCK, false), ExitCode::SUCCESS);
        assert_eq!(lint(DEADLOCK, true), ExitCode::FAILURE);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
