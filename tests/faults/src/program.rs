//! One program of the system: an operating system's process that can be killed, stopped for a while and started again.

use anyhow::Context;
use rustix::process::Signal;
use std::{
    fs::File,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use test_harness::process::{signal, spawn};

pub struct Program {
    pub name: String,
    words: Mutex<Vec<String>>,
    environment: Vec<(&'static str, String)>,
    log: PathBuf,
    child: Mutex<Option<Child>>,
}

impl Program {
    /// `words` begin with the program. Its output goes to `<name>.log` in `folder`.
    pub fn new(name: String, words: Vec<String>, environment: Vec<(&'static str, String)>, folder: &Path) -> Program {
        let log = folder.join(format!("{name}.log"));
        Program { name, words: Mutex::new(words), environment, log, child: Mutex::new(None) }
    }

    pub fn start(&self) -> anyhow::Result<()> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        // it dies with us, whatever happens to us
        let mut command = Command::new("setpriv");
        command.arg("--pdeathsig=KILL").args(self.words().iter());
        command.envs(self.environment.iter().cloned()).stdin(Stdio::null());
        command.stdout(log.try_clone()?).stderr(log);
        *self.child() = Some(spawn(command).with_context(|| format!("starting {}", self.name))?);
        Ok(())
    }

    /// Without warning.
    pub fn kill(&self) {
        if let Some(mut child) = self.child().take() {
            signal(&child, Signal::KILL);
            let _ = child.wait();
        }
    }

    /// Told to end, it does so by itself in that time.
    pub fn end(&self, within: Duration) -> anyhow::Result<()> {
        let Some(mut child) = self.child().take() else { return Ok(()) };
        signal(&child, Signal::TERM);
        let deadline = Instant::now() + within;
        while child.try_wait()?.is_none() {
            if Instant::now() > deadline {
                signal(&child, Signal::KILL);
                let _ = child.wait();
                anyhow::bail!("{} does not end when it is told to: {}", self.name, self.last_words(10));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// From its next start on, it is another version of itself.
    pub fn run_by(&self, program: &Path) {
        if let Some(first) = self.words().first_mut() {
            *first = program.display().to_string();
        }
    }

    /// It stands still, and holds what it holds.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    pub fn id(&self) -> u32 {
        self.child().as_ref().map_or(0, Child::id)
    }

    /// How it has ended by itself, which none should.
    pub fn has_ended(&self) -> Option<String> {
        let ended = self.child().as_mut()?.try_wait().ok()??;
        let how = ended.signal().map_or_else(|| ended.to_string(), |signal| format!("signal {signal}"));
        Some(format!("{} has ended by itself: {how}; its last words: {}", self.name, self.last_words(3)))
    }

    /// The end of its log.
    pub fn last_words(&self, lines: usize) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let all: Vec<&str> = log.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    /// Lines of its log that hold this.
    pub fn said(&self, text: &str) -> usize {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().filter(|line| line.contains(text)).count()
    }

    fn signal(&self, with: Signal) {
        if let Some(child) = self.child().as_ref() {
            signal(child, with);
        }
    }

    fn words(&self) -> MutexGuard<'_, Vec<String>> {
        self.words.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}
