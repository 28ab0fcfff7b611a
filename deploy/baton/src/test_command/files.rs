//! Which files are scenarios, and what stands beside them.

use super::Outcome;
use anyhow::{Context, Result, bail};
use interpreter::scenario::{Options, Plan, Report, Verdict};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Longer files are no process and no scenario.
const LONGEST_FILE: u64 = 16 * 1024 * 1024;

pub fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, true, &mut files).with_context(|| format!("looking for scenarios in {}", path.display()))?;
    }
    if files.is_empty() {
        bail!("no scenario found; their names end in `.scenario.yaml`");
    }
    Ok(files)
}

/// A file that was named is taken whatever its name; in folders, only scenarios are. Links to folders are not followed
/// there: they can go in a circle.
fn collect(path: &Path, named: bool, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_dir() && (named || !path.is_symlink()) {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        entries.sort();
        return entries.iter().try_for_each(|entry| collect(entry, false, files));
    }
    let name = path.to_string_lossy();
    if named || name.ends_with(".scenario.yaml") || name.ends_with(".scenario.yml") {
        files.push(path.to_owned());
    }
    Ok(())
}

/// None when the filter leaves it out.
pub fn run(file: &Path, filter: Option<&str>, options: Options) -> Result<Option<Outcome>> {
    let started = Instant::now();
    let report = match plan(file, filter)? {
        None => return Ok(None),
        Some(Ok(plan)) => plan.run(options),
        Some(Err(report)) => report,
    };
    Ok(Some(Outcome { file: file.to_owned(), report, took: started.elapsed() }))
}

/// The scenario, or why the file is none.
pub fn plan(file: &Path, filter: Option<&str>) -> Result<Option<Result<Plan, Report>>> {
    let text = read(file).with_context(|| format!("reading {}", file.display()))?;
    let load =
        |path: &str| read(&file.parent().unwrap_or(Path::new(".")).join(path)).map_err(|error| format!("{error:#}"));
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let plan = Plan::read(&name, &text, &load);
    let title = plan.as_ref().map_or(name.as_str(), |plan| plan.name.as_str());
    if filter.is_some_and(|filter| !title.contains(filter) && !file.to_string_lossy().contains(filter)) {
        return Ok(None);
    }
    Ok(Some(plan.map_err(|message| Report {
        name,
        verdict: Verdict::Malformed(message),
        log: Vec::new(),
        coverage: Vec::new(),
    })))
}

fn read(path: &Path) -> Result<String> {
    let about = std::fs::metadata(path)?;
    if !about.is_file() {
        bail!("it is not a file");
    }
    if about.len() > LONGEST_FILE {
        bail!("it has {} bytes; at most {LONGEST_FILE} are read", about.len());
    }
    // BPMN XML says itself in which encoding it is.
    model::bpmn::decode(&std::fs::read(path)?).map_err(|problem| anyhow::anyhow!("{problem}"))
}
