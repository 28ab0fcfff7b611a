//! Runs scenarios on several threads, and hands their outcomes on in the order of the files.

use super::Outcome;
use anyhow::Result;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// Definitions nest, and so do the calls that read them.
const STACK: usize = 16 * 1024 * 1024;

pub fn run(
    files: &[PathBuf],
    threads: usize,
    run: impl Fn(&PathBuf) -> Result<Option<Outcome>> + Sync,
    mut done: impl FnMut(&Outcome),
) -> Result<Vec<Outcome>> {
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::channel();
    let mut outcomes = Vec::new();
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, files.len().max(1)) {
            let (send, next, run) = (send.clone(), &next, &run);
            let work = move || {
                while let Some((index, file)) = take(files, next) {
                    if send.send((index, run(file))).is_err() {
                        break;
                    }
                }
            };
            std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work)?;
        }
        drop(send);
        let (mut early, mut expected) = (BTreeMap::new(), 0);
        for (index, outcome) in receive {
            early.insert(index, outcome);
            while let Some(outcome) = early.remove(&expected) {
                expected += 1;
                if let Some(outcome) = outcome? {
                    done(&outcome);
                    outcomes.push(outcome);
                }
            }
        }
        Ok(outcomes)
    })
}

fn take<'f>(files: &'f [PathBuf], next: &AtomicUsize) -> Option<(usize, &'f PathBuf)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    files.get(index).map(|file| (index, file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_command::tests::outcome;
    use interpreter::scenario::Verdict;

    #[test]
    fn outcomes_come_in_the_order_of_the_files_whoever_is_first() {
        let files: Vec<PathBuf> = (0..50).map(|number| PathBuf::from(format!("{number}"))).collect();
        let odd = |file: &PathBuf| file.to_string_lossy().parse::<u32>().is_ok_and(|number| number % 2 == 1);
        let one = |file: &PathBuf| Ok((!odd(file)).then(|| outcome(&file.to_string_lossy(), Verdict::Passed)));
        let mut seen = Vec::new();
        let outcomes = run(&files, 8, one, |outcome| seen.push(outcome.file.clone())).unwrap();
        let expected: Vec<PathBuf> = files.iter().filter(|file| !odd(file)).cloned().collect();
        assert_eq!(seen, expected);
        assert_eq!(outcomes.len(), 25);
    }
}
