//! SHA-256 as text.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

/// Lower-case hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String can't fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The SHA-256 of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Bytes of a file that are hashed at a time: they are still near the processor that has read them.
const PIECE_BYTES: usize = 1 << 17;

/// The SHA-256 of a file.
pub(crate) fn sha256_file(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let (mut hash, mut piece) = (Sha256::new(), Vec::with_capacity(PIECE_BYTES));
    loop {
        piece.clear();
        let mut next = file.by_ref().take(PIECE_BYTES as u64);
        if next.read_to_end(&mut piece)? == 0 {
            return Ok(hexadecimal(&hash.finalize()));
        }
        hash.update(&piece);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn the_empty_text_has_its_well_known_hash() {
        assert_eq!(
            sha256(b""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn a_file_of_several_pieces_has_the_hash_of_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        for length in [0, 1, PIECE_BYTES, 5 * PIECE_BYTES + 17] {
            let bytes: Vec<u8> = (0..251).cycle().take(length).collect();
            File::create(&path).unwrap().write_all(&bytes).unwrap();
            assert_eq!(sha256_file(&path).unwrap(), sha256(&bytes));
        }
    }
}
