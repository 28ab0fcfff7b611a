//! `baton deploy FILE|FOLDER…`: checks files of processes and decisions and deploys them through a gateway. Each file is
//! deployed on its own: whole, or not at all; decisions go before the processes that ask for them.

use crate::{
    client::{Client, describe},
    remote::{Server, exit},
};
use anyhow::Context;
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  baton deploy order.yaml price.dmn
  baton deploy processes/ --dry-run")]
pub struct Args {
    /// Files of processes and decisions, or folders of them.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    server: Server,
    /// Only check.
    #[arg(long)]
    dry_run: bool,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let client = args.server.client()?;
    let mut failed = None;
    for file in process_files(&args.files)? {
        match deploy(&client, &file, args.dry_run).await {
            Ok(deployed) => println!("{deployed}"),
            Err(error) => {
                eprintln!("{}: {error:#}", file.display());
                // The first one says how it ends: the others often fail of the same.
                failed.get_or_insert_with(|| exit::code(&error));
            }
        }
    }
    Ok(failed.unwrap_or(ExitCode::SUCCESS))
}

/// Deploys every process file in a folder, without a word about warnings.
pub async fn deploy_folder(client: &Client, folder: &Path) -> anyhow::Result<()> {
    for file in process_files(&[folder.to_owned()])? {
        deploy(client, &file, false).await.with_context(|| file.display().to_string())?;
    }
    Ok(())
}

async fn deploy(client: &Client, file: &Path, dry_run: bool) -> anyhow::Result<String> {
    let bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let content = model::bpmn::decode(&bytes).map_err(|problem| anyhow::anyhow!("{problem}"))?;
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or("process.yaml");
    let body = json!({"files": [{"name": name, "content": content}], "dryRun": dry_run});
    let answer = client.post("/deployments", body).await?;
    let list = |name: &str| answer[name].as_array().cloned().unwrap_or_default();
    let mut lines: Vec<String> = list("warnings").iter().map(describe).collect();
    for process in list("processes") {
        let id = process["processId"].as_str().unwrap_or_default();
        let news = if process["isNew"] == true { "deployed" } else { "unchanged" };
        lines.push(format!("{id} version {} {news}", process["version"]));
    }
    for decision in list("decisions") {
        let id = decision["decisionId"].as_str().unwrap_or_default();
        let news = if decision["isNew"] == true { "deployed" } else { "unchanged" };
        lines.push(format!("decision {id} version {} {news}", decision["version"]));
    }
    Ok(lines.join("\n"))
}

/// The named files, and in named folders every `.dmn` and `.bpmn`, and every `.yaml` that holds a process or a decision
/// (scenarios and charts are others').
pub fn process_files(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            collect(path, &mut files)?;
        } else {
            files.push(path.clone());
        }
    }
    files.sort_by_cached_key(|file| (!is_dmn(file), file.clone()));
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if is_process(&path) {
            files.push(path);
        }
    }
    Ok(())
}

fn is_dmn(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "dmn")
}

fn is_process(path: &Path) -> bool {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("bpmn" | "dmn") => true,
        Some("yaml" | "yml") => {
            let is_ours = |line: &str| matches!(line.trim_end(), "process:" | "decision:");
            std::fs::read_to_string(path).is_ok_and(|text| text.lines().any(is_ours))
        }
        _ => false,
    }
}
