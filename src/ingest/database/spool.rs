//! The file that a pull is written to before it is ingested.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::digest::hexadecimal;
use crate::error::{Error, Result};

/// A file that is hashed while it is written.
pub(super) struct Spool {
    path: PathBuf,
    file: BufWriter<File>,
    hash: Sha256,
}

impl Spool {
    /// Makes the file and its folder; what an interrupted pull has left is overwritten.
    pub(super) fn create(path: &Path) -> Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|cause| Error::output(folder, &cause))?;
        }
        let file = File::create(path).map_err(|cause| Error::output(path, &cause))?;
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::with_capacity(1 << 18, file),
            hash: Sha256::new(),
        })
    }

    /// An error of this file.
    pub(super) fn fault(&self, cause: &dyn std::fmt::Display) -> Error {
        Error::output(&self.path, cause)
    }

    /// Completes the file and gives its SHA-256.
    pub(super) fn finish(mut self) -> Result<String> {
        let flushed = self.file.flush();
        flushed.map_err(|cause| self.fault(&cause))?;
        Ok(hexadecimal(&self.hash.finalize()))
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}
