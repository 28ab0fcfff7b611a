//! Runs programs, quietly or aloud.

use crate::{Result, place};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    time::Instant,
};

/// A command that runs in the checkout.
pub fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(place::root());
    command
}

/// Runs it without a word; a failure carries what it printed.
pub fn quietly(mut command: Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| cannot_start(&command, &error))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    Err(format!("{}: {}\n{text}{}", words(&command), output.status, String::from_utf8_lossy(&output.stderr)))
}

/// Runs it with its output shown as it comes.
pub fn aloud(mut command: Command) -> Result<()> {
    let status = command.status().map_err(|error| cannot_start(&command, &error))?;
    if status.success() { Ok(()) } else { Err(format!("{}: {status}", words(&command))) }
}

/// Runs it with its output shown, and hands each line of it to `see`. Says whether it succeeded.
pub fn watched(mut command: Command, mut see: impl FnMut(&str)) -> Result<bool> {
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| cannot_start(&command, &error))?;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines().map_while(std::result::Result::ok) {
            see(&line);
            println!("{line}");
        }
    }
    child.wait().map(|status| status.success()).map_err(|error| cannot_start(&command, &error))
}

/// Says what is being done, does it, and says how long it took.
pub fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    print!("{what} … ");
    let _ = std::io::stdout().flush();
    let started = Instant::now();
    let done = work();
    match &done {
        Ok(_) => println!("{:.1} s", started.elapsed().as_secs_f64()),
        Err(_) => println!("failed"),
    }
    done
}

fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    format!("cannot run {}: {error}", words(command))
}

fn words(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}
