//! The program inside the sandbox: puts up the inner walls, then runs one script and says what came of it.
//!
//! It is told how by its environment (`BATON_CHILD_*`), reads [`super::runner::Input`] from its standard input and
//! writes [`super::runner::Output`] to its standard output. What scripts print goes to standard error.

mod calls;
mod escape;
mod javascript;
mod python;
mod walls;

use std::process::ExitCode;

/// The whole process: `baton script-child`.
pub fn main() -> ExitCode {
    let mode = std::env::var("BATON_CHILD_MODE").unwrap_or_default();
    if let Err(error) = walls::put_up(mode == "python") {
        eprintln!("the walls cannot be put up: {error:#}");
        return ExitCode::FAILURE;
    }
    let ran = match mode.as_str() {
        "python" => python::become_interpreter(),
        "javascript" => javascript::run(),
        "self-test" => escape::attempt(),
        _ => Err(anyhow::anyhow!("BATON_CHILD_MODE is `{mode}`: this program is started by the script worker only")),
    };
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A number out of the environment.
fn setting(name: &str) -> anyhow::Result<u64> {
    use anyhow::Context;
    std::env::var(name).ok().and_then(|value| value.parse().ok()).with_context(|| format!("{name} is not set"))
}
