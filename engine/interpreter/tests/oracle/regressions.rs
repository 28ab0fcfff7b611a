//! Models that have shown something once: each is a small tree with its seed, in `regressions/`.

use crate::compare::{Verdict, check};
use crate::evaluate::Mistake;
use crate::generate::Model;
use crate::world::Options;
use std::path::Path;

#[test]
fn what_differed_once_agrees() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/regressions");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "there are regressions in {}", folder.display());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let model: Model = serde_saphyr::from_str(&text).unwrap();
        match check(&model, Mistake::None, Options { restarts: true, ..Options::default() }) {
            Verdict::Same(..) => {}
            Verdict::Open(why) => panic!("{}: {why}", file.display()),
            Verdict::Different(text) => panic!("{}:\n{text}", file.display()),
        }
    }
}
