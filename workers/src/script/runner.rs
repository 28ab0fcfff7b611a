//! One run of a script: a child that waits is given the script and the variables on its input, listened to, and ended
//! when it takes too long or says too much.

use super::{
    files,
    limits::{Limits, Wanted},
    pool::{Pool, Waiting},
    sandbox::Sandbox,
};
use crate::store::Store;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::process::ExitStatus;
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

    pub fn mode(self) -> &'static str {
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
    /// Within the worker's.
    pub limits: Wanted,
}

/// What a child is given on its standard input, as one JSON object.
#[derive(Debug, Serialize, Deserialize)]
pub struct Input {
    pub script: String,
    pub variables: Map<String, Value>,
    pub result: Option<String>,
    /// Bytes; not more than when it was started.
    pub memory: u64,
    /// Seconds on a processor; not more than when it was started.
    pub cpu: u64,
    /// Where the script's files are, when it has any.
    pub folder: Option<String>,
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
    pool: Pool,
    limits: Limits,
}

impl Runner {
    /// No child waits for a script: each is started when one is there.
    pub fn new(sandbox: Sandbox, limits: Limits) -> Self {
        Runner::warm(sandbox, limits, 0)
    }

    /// So many children of each language wait for a script. Must be called within a runtime.
    pub fn warm(sandbox: Sandbox, limits: Limits, waiting: usize) -> Self {
        Runner { pool: Pool::new(sandbox, limits.clone(), waiting), limits }
    }

    /// Printed lines are shown as the job's progress; files that the variables name are those of the store.
    pub async fn run(
        &self,
        script: &Script,
        store: Option<&Store>,
        context: Option<&Context>,
    ) -> Result<Map<String, Value>, JobFailure> {
        let limits = script.limits.within(&self.limits);
        let mut waiting = self.pool.take(script.language).await?;
        let tenant = context.map(Context::tenant).unwrap_or_default();
        let input = self.input(script, &limits, store.map(|store| (store, tenant)), &waiting).await?;
        let cancelled = async {
            match context {
                Some(context) => context.cancellation().cancelled().await,
                None => std::future::pending().await,
            }
        };
        let wall = tokio::time::sleep(limits.wall);
        let ended = tokio::select! {
            ended = converse(&mut waiting.child, input, limits.result, context) => ended,
            () = wall => Err(JobFailure::retryable(format!("the script took longer than {:?}", limits.wall))),
            () = cancelled => Err(JobFailure::retryable("canceled")),
        };
        // The first process of the namespace: with it everything inside ends.
        let _ = waiting.child.start_kill();
        let status = waiting.child.wait().await?;
        match ended? {
            Some(Output::Variables(variables)) => Ok(variables),
            Some(Output::Failure(message)) => Err(JobFailure::bug(message)),
            Some(Output::Error { code, message }) => Err(JobFailure::bpmn_error(code, message)),
            None => Err(silent(status, &limits)),
        }
    }

    async fn input(
        &self,
        script: &Script,
        limits: &Limits,
        store: Option<(&Store, &str)>,
        waiting: &Waiting,
    ) -> Result<Vec<u8>, JobFailure> {
        let has_files = match store {
            Some((store, tenant)) => files::fetch(store, tenant, &script.variables, waiting.folder.path()).await?,
            None => false,
        };
        let (text, variables, result) = (script.text.clone(), script.variables.clone(), script.result.clone());
        let folder = has_files.then(|| self.pool.folder_inside(waiting));
        let (memory, cpu) = (limits.memory, limits.cpu.as_secs().max(1));
        let input = serde_json::to_vec(&Input { script: text, variables, result, memory, cpu, folder })?;
        if input.len() > limits.input {
            let (size, most) = (input.len(), limits.input);
            return Err(JobFailure::bug(format!("script and variables have {size} bytes, more than {most}")));
        }
        Ok(input)
    }
}

/// It ended without a word: a limit, most likely.
fn silent(status: ExitStatus, limits: &Limits) -> JobFailure {
    use std::os::unix::process::ExitStatusExt;
    let signal = status.signal().or_else(|| status.code().map(|code| code - SIGNALLED).filter(|code| *code > 0));
    let (cpu, memory) = (limits.cpu, limits.memory / (1024 * 1024));
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
