//! A small disk of memory that can be filled. Mounting needs privileges; without them there are no faults of this kind.

use anyhow::{Context, ensure};
use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

const SIZE: &str = "size=1500m,mode=755";

pub struct Disk {
    path: PathBuf,
}

impl Disk {
    pub fn mount(path: PathBuf) -> anyhow::Result<Disk> {
        std::fs::create_dir_all(&path)?;
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", SIZE, "tmpfs"]).arg(&path).output()?;
        ensure!(mounted.status.success(), "no disk to fill: {}", String::from_utf8_lossy(&mounted.stderr).trim());
        Ok(Disk { path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// To the last byte.
    pub fn fill(&self) -> anyhow::Result<()> {
        let mut file = File::create(self.filler()).context("creating what fills the disk")?;
        let mut piece = vec![0; 4 << 20];
        while !piece.is_empty() {
            if file.write_all(&piece).is_err() {
                piece.truncate(piece.len() / 2);
            }
        }
        Ok(())
    }

    pub fn make_room(&self) -> anyhow::Result<()> {
        Ok(std::fs::remove_file(self.filler())?)
    }

    fn filler(&self) -> PathBuf {
        self.path.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}
