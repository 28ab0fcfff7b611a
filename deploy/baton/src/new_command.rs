//! `baton new worker NAME`: a crate of a worker that runs as it is, with a process and a scenario. Its source is
//! `examples/new-worker`, which is built and tested with everything else, under another name.

use anyhow::{Context, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(clap::Subcommand)]
pub enum New {
    /// A worker in Rust, with a process that uses it, and a scenario.
    Worker(Worker),
}

#[derive(clap::Args)]
pub struct Worker {
    /// Name of the folder, the crate, the job type and the process: letters, digits and dashes.
    name: String,
    /// Where the folder is made.
    #[arg(long, default_value = ".")]
    into: PathBuf,
    /// Folder of the `worker-sdk` crate; the one of the checkout that this program was built from unless told.
    #[arg(long)]
    sdk: Option<PathBuf>,
}

/// What is written, under the example's name.
const MAIN: &str = include_str!("../../../examples/new-worker/src/main.rs");
const PROCESS: &str = include_str!("../../../examples/new-worker/new-worker.yaml");
const SCENARIO: &str = include_str!("../../../examples/new-worker/new-worker.scenario.yaml");

pub fn run(new: &New) -> anyhow::Result<ExitCode> {
    let New::Worker(worker) = new;
    let folder = write(worker)?;
    println!("{} is there. What is next:\n", folder.display());
    let name = &worker.name;
    println!("  cd {}", folder.display());
    println!("  $EDITOR src/main.rs            # the function `work` is yours");
    println!("  cargo test                     # it, without servers");
    println!("  baton dev --deploy {name}.yaml   # in another terminal: prints the page's address");
    println!("  cargo run                      # does the jobs of type `{name}`");
    Ok(ExitCode::SUCCESS)
}

fn write(worker: &Worker) -> anyhow::Result<PathBuf> {
    let name = &worker.name;
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
    ensure!(
        begins && name.chars().all(is_plain),
        "`{name}` is no name: small letters, digits and dashes, a letter first"
    );
    let sdk = sdk(worker.sdk.as_deref())?;
    let folder = worker.into.join(name);
    ensure!(!folder.exists(), "{} is there already", folder.display());
    fs::create_dir_all(folder.join("src")).with_context(|| format!("making {}", folder.display()))?;
    let files = [
        ("Cargo.toml".to_owned(), manifest(name, &sdk)),
        ("src/main.rs".to_owned(), named(MAIN, name)),
        (format!("{name}.yaml"), named(PROCESS, name)),
        (format!("{name}.scenario.yaml"), named(SCENARIO, name)),
        ("README.md".to_owned(), readme(name)),
        (".gitignore".to_owned(), "/target\n/.baton\n".to_owned()),
    ];
    for (file, content) in files {
        let path = folder.join(file);
        fs::write(&path, content).with_context(|| format!("writing {}", path.display()))?;
    }
    // the versions that the SDK is tested with, which are on this machine already; cargo leaves out what is not used
    if let Ok(lock) = fs::read(sdk.join("../Cargo.lock")) {
        fs::write(folder.join("Cargo.lock"), lock)?;
    }
    Ok(folder)
}

fn named(template: &str, name: &str) -> String {
    template.replace("new-worker", name)
}

fn sdk(told: Option<&Path>) -> anyhow::Result<PathBuf> {
    let built_from = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../worker-sdk");
    let sdk = told.map_or_else(built_from, Path::to_owned);
    let found = sdk.join("Cargo.toml").exists();
    ensure!(found, "there is no crate in {}: say with --sdk where `worker-sdk` is", sdk.display());
    sdk.canonicalize().with_context(|| format!("finding {}", sdk.display()))
}

/// A workspace of its own, so that it may lie within another.
fn manifest(name: &str, sdk: &Path) -> String {
    format!(
        r#"[package]
name = "{name}"
version = "0.1.0"
edition = "2024"

[workspace]

[dependencies]
worker-sdk = {{ path = {sdk:?} }}
tokio = {{ version = "1", features = ["rt-multi-thread", "macros", "signal"] }}
serde = {{ version = "1", features = ["derive"] }}
serde_json = "1"
anyhow = "1"

# The first build is quicker when what others wrote has no debug information.
[profile.dev]
debug = "line-tables-only"

[profile.dev.package."*"]
debug = false

[profile.dev.build-override]
opt-level = 0
debug = false
"#
    )
}

fn readme(name: &str) -> String {
    format!(
        "# {name}

A worker for jobs of type `{name}`, and a process that has one. The function to edit is `work` in `src/main.rs`.

```sh
cargo test                          # the handler, without servers
baton test {name}.scenario.yaml     # the process, without servers
baton dev --deploy {name}.yaml      # in another terminal; it prints the address of the page
cargo run                           # does the jobs, until Ctrl-C
```

Open the page, press *Start* at `{name}`, and give it the variables `{{\"name\": \"you\"}}`. Where NATS has another address than
`nats://127.0.0.1:4222` (`baton dev` says so), it is told as `BATON_NATS_URL`.
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worker(name: &str, into: &Path) -> Worker {
        Worker { name: name.to_owned(), into: into.to_owned(), sdk: None }
    }

    #[test]
    fn a_worker_is_written_once_under_its_name() {
        let into = std::env::temp_dir().join(format!("baton-new-{}", uuid::Uuid::new_v4()));
        let folder = write(&worker("charge", &into)).unwrap();
        for file in ["Cargo.toml", "src/main.rs", "charge.yaml", "charge.scenario.yaml", "README.md"] {
            let content = fs::read_to_string(folder.join(file)).unwrap();
            assert!(content.contains("charge") && !content.contains("new-worker"), "{file}: {content}");
        }
        assert!(write(&worker("charge", &into)).is_err(), "what is there is not written over");
        fs::remove_dir_all(into).unwrap();
    }

    #[test]
    fn names_are_those_of_crates() {
        let refused = ["", "Charge", "1st", "a/b", "..", "a b"];
        assert!(refused.iter().all(|name| write(&worker(name, Path::new("/nowhere"))).is_err()));
    }
}
