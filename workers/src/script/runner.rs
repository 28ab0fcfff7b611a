//! One run of a script: a child is started, given the script and the variables on its input, listened to, and ended
//! when it takes too long or says too much.

use super::{files::Files, sandbox::Sandbox};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{process::ExitStatus, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader},
    process::Child,
};
use worker_sdk::{Context, JobFailure};

/// Printed lines that are shown; the rest is read and dropped.
const MOST_LINES: usize = 500;
const LONGEST_LINE: u64 = 8 * 1024;
/// What a shell adds to the number of the signal that ended a process.
const SIGNALLED: i32 = 128;

#[derive(Debug, Clone)]
pub struct Limits {
    /// Time by the clock.
    pub wall: Duration,
    /// Time on a processor.
    pub cpu: Duration,
    /// Bytes.
    pub memory: u64,
    /// Processes and threads.
    pub processes: u64,
    /// Bytes in `/tmp`, and of one file.
    pub scratch: u64,
    /// Bytes of script and variables.
    pub input: usize,
    /// Bytes of what comes back.
    pub result: usize,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Limits {
            wall: Duration::from_secs(30),
            cpu: Duration::from_secs(20),
            memory: 512 * MIB,
            processes: 32,
            scratch: 64 * MIB,
            input: 8 * MIB as usize,
            result: 448 * 1024,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Python,
    JavaScript,
}

impl Language {
    /// As definitions write it: `python`, `Python3`, `javascript`, `text/javascript`, `js`; nothing means Python.
    pub fn parse(format: &str) -> Option<Self> {
        let format = format.trim().to_ascii_lowercase();
        match format.rsplit(['/', '-']).next().unwrap_or_default() {
            "" | "python" | "python3" | "py" => Some(Language::Python),
            "javascript" | "ecmascript" | "js" => Some(Language::JavaScript),
            _ => None,
        }
    }

    fn mode(self) -> &'static str {
        match self {
            Language::Python => "python",
            Language::JavaScript => "javascript",
        }
    }
}

/// What is to be run. `result` names a variable that stands for the result when the script sets no `result`.
#[derive(Debug, Clone)]
pub struct Script {
    pub language: Language,
    pub text: String,
    pub variables: Map<String, Value>,
    pub result: Option<String>,
}

/// What a child is given on its standard input, as one JSON object.
#[derive(Debug, Serialize, Deserialize)]
pub struct Input {
    pub script: String,
    pub variables: Map<String, Value>,
    pub result: Option<String>,
}

/// What a child says on its standard output, as one JSON object.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Output {
    /// The variables it has set, and `result`.
    Variables(Map<String, Value>),
    /// The script failed: `Type: message (line n: …)`.
    Failure(String),
    /// The script raised a BPMN error.
    Error { code: String, message: String },
}

pub struct Runner {
    sandbox: Sandbox,
    limits: Limits,
}

impl Runner {
    pub fn new(sandbox: Sandbox, limits: Limits) -> Self {
        Runner { sandbox, limits }
    }

    /// Printed lines are shown as the job's progress.
    pub async fn run(
        &self,
        script: &Script,
        files: Option<&Files>,
        context: Option<&Context>,
    ) -> Result<Map<String, Value>, JobFailure> {
        let input = self.input(script)?;
        let mut command = self.sandbox.command(script.language.mode(), &self.limits, files.map(Files::folder));
        let mut child = command.stdin(Stdio::piped()).spawn()?;
        let cancelled = async {
            match context {
                Some(context) => context.cancellation().cancelled().await,
                None => std::future::pending().await,
            }
        };
        let wall = tokio::time::sleep(self.limits.wall);
        let ended = tokio::select! {
            ended = converse(&mut child, input, self.limits.result, context) => ended,
            () = wall => Err(JobFailure::retryable(format!("the script took longer than {:?}", self.limits.wall))),
            () = cancelled => Err(JobFailure::retryable("canceled")),
        };
        // The first process of the namespace: with it everything inside ends.
        let _ = child.start_kill();
        let status = child.wait().await?;
        match ended? {
            Some(Output::Variables(variables)) => Ok(variables),
            Some(Output::Failure(message)) => Err(JobFailure::bug(message)),
            Some(Output::Error { code, message }) => Err(JobFailure::bpmn_error(code, message)),
            None => Err(self.silent(status)),
        }
    }

    fn input(&self, script: &Script) -> Result<Vec<u8>, JobFailure> {
        let (text, variables, result) = (script.text.clone(), script.variables.clone(), script.result.clone());
        let input = serde_json::to_vec(&Input { script: text, variables, result })?;
        if input.len() > self.limits.input {
            let (size, most) = (input.len(), self.limits.input);
            return Err(JobFailure::bug(format!("script and variables have {size} bytes, more than {most}")));
        }
        Ok(input)
    }

    /// It ended without a word: a limit, most likely.
    fn silent(&self, status: ExitStatus) -> JobFailure {
        use std::os::unix::process::ExitStatusExt;
        let signal = status.signal().or_else(|| status.code().map(|code| code - SIGNALLED).filter(|code| *code > 0));
        let (cpu, memory) = (self.limits.cpu, self.limits.memory / (1024 * 1024));
        JobFailure::bug(match signal {
            Some(24 | 9) => {
                format!("the script was ended: it used more than {cpu:?} of processor time or too much memory")
            }
            Some(25) => "the script was ended: it wrote a file that is too large".to_owned(),
            Some(6 | 11) => format!("the script was ended: it used more than {memory} MiB, or its stack ran over"),
            Some(31) => "the script was ended: it made a system call that is not allowed".to_owned(),
            _ => format!("the script ended without a result ({status})"),
        })
    }
}

/// Gives the input, shows what is printed, and takes the output; none when it ends without.
async fn converse(
    child: &mut Child,
    input: Vec<u8>,
    most: usize,
    context: Option<&Context>,
) -> Result<Option<Output>, JobFailure> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let give = async {
        if let Some(mut stdin) = stdin {
            // A child that ends early does not read everything; its output tells why.
            let _ = stdin.write_all(&input).await;
        }
    };
    let mut output = Vec::new();
    let take = async {
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        match stdout {
            Some(stdout) => stdout.take(limit).read_to_end(&mut output).await.map(|_| ()),
            None => Ok(()),
        }
    };
    let show = async {
        if let Some(stderr) = stderr {
            show(stderr, context).await;
        }
    };
    // Printing may go on in a process that the script left behind: the output decides when it is over.
    let taken = tokio::select! {
        (taken, ()) = async { tokio::join!(take, give) } => taken,
        () = async { show.await; std::future::pending::<()>().await } => Ok(()),
    };
    taken?;
    if output.len() > most {
        return Err(JobFailure::bug(format!("the script's result is larger than {most} bytes")));
    }
    if output.is_empty() {
        return Ok(None);
    }
    let read = serde_json::from_slice(&output);
    read.map(Some).map_err(|error| JobFailure::bug(format!("the script's result cannot be read: {error}")))
}

async fn show(printed: impl AsyncRead + Unpin, context: Option<&Context>) {
    let mut printed = BufReader::new(printed);
    let mut line = Vec::new();
    for _ in 0..MOST_LINES {
        line.clear();
        match (&mut printed).take(LONGEST_LINE).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        tracing::debug!(target: "script", "{}", text.trim_end());
        if let Some(context) = context {
            context.progress(0.5, text.trim_end());
        }
    }
    let _ = tokio::io::copy(&mut printed, &mut tokio::io::sink()).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_known_by_several_names() {
        for (format, language) in [
            ("Python", Some(Language::Python)),
            ("", Some(Language::Python)),
            ("text/javascript", Some(Language::JavaScript)),
            ("application/x-python", Some(Language::Python)),
            ("cobol", None),
        ] {
            assert_eq!(Language::parse(format), language, "{format}");
        }
    }
}
