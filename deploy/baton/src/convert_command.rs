//! `baton convert IN OUT`: a process file in the other spelling, YAML or BPMN 2.0 XML, with its picture.
//!
//! What OUT is, its name says: `.bpmn` and `.xml` are XML, `.yaml` and `.yml` are YAML. Nothing that one of them has no place
//! for is lost: it travels in extension elements, or in `custom` and `diagram`.

use anyhow::{Context, Result, bail};
use model::diagnostic::render;
use model::{Definitions, bpmn, yaml};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A process file: YAML, or BPMN 2.0 XML.
    pub input: PathBuf,
    /// Where to write it: a name that ends in `.bpmn`, `.xml`, `.yaml` or `.yml`.
    pub output: PathBuf,
    /// Replace a file that is there already.
    #[arg(long)]
    pub force: bool,
}

/// Prints what is wrong with the file; fails when that is an error, and then writes nothing.
pub fn run(args: &Args) -> Result<ExitCode> {
    let write = writer(&args.output)?;
    if args.output.exists() && !args.force {
        bail!("{} exists; --force replaces it", args.output.display());
    }
    let Some(definitions) = read(&args.input)? else { return Ok(ExitCode::FAILURE) };
    let text = write(&definitions);
    std::fs::write(&args.output, text).with_context(|| format!("writing {}", args.output.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn writer(output: &Path) -> Result<fn(&Definitions) -> String> {
    match output.extension().and_then(|extension| extension.to_str()) {
        Some("bpmn" | "xml") => Ok(bpmn::write_all),
        Some("yaml" | "yml") => Ok(yaml::write),
        _ => bail!("{}: the name must end in .bpmn, .xml, .yaml or .yml", output.display()),
    }
}

fn read(input: &Path) -> Result<Option<Definitions>> {
    let bytes = std::fs::read(input).with_context(|| format!("reading {}", input.display()))?;
    let name = input.display().to_string();
    let text = match bpmn::decode(&bytes) {
        Ok(text) => text,
        Err(mut problem) => {
            problem.file = name;
            eprintln!("{problem}");
            return Ok(None);
        }
    };
    let read = if bpmn::is_xml(&text) { bpmn::read(&name, &text) } else { yaml::read(&name, &text) };
    for problem in &read.diagnostics {
        eprintln!("{}", render(problem, &text));
    }
    Ok(read.definitions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_goes_there_and_back() {
        let folder = std::env::temp_dir().join(format!("baton-convert-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = |name: &str| folder.join(name);
        let text =
            "process:\n  id: p\n  elements:\n  - id: a\n    type: serviceTask\n    properties:\n      topic: charge\n";
        std::fs::write(path("a.yaml"), text).unwrap();
        let convert = |input: &str, output: &str| run(&Args { input: path(input), output: path(output), force: false });
        assert_eq!(convert("a.yaml", "a.bpmn").unwrap(), ExitCode::SUCCESS);
        assert_eq!(convert("a.bpmn", "b.yaml").unwrap(), ExitCode::SUCCESS);
        assert_eq!(std::fs::read_to_string(path("b.yaml")).unwrap(), text);
        assert!(convert("a.yaml", "a.bpmn").is_err());
        assert!(convert("a.yaml", "a.txt").is_err());
        std::fs::write(path("bad.bpmn"), "<definitions/>").unwrap();
        assert_eq!(convert("bad.bpmn", "c.yaml").unwrap(), ExitCode::FAILURE);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
