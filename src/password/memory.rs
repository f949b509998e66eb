//! The memory that argon2 works in: a few buffers that are allocated once and used again. Allocated anew for each
//! password, these blocks stay with the allocator, an arena for each thread that ever hashed one.

use argon2::{Argon2, Block, Result};
use parking_lot::Mutex;

/// Buffers that nobody uses right now. There are never more than as many as are used at once.
#[derive(Default)]
pub struct Memory {
    free: Mutex<Vec<Vec<Block>>>,
}

impl Memory {
    /// Hashes a password into `out`, in a buffer that is empty again afterwards: it held what was made of the password.
    pub fn hash(
        &self,
        argon2: &Argon2<'_>,
        password: &[u8],
        salt: &[u8],
        out: &mut [u8],
    ) -> Result<()> {
        let needed = argon2.params().block_count();
        let free = self.free.lock().pop();
        let mut buffer = free.unwrap_or_else(|| vec![Block::new(); super::BLOCKS]);
        // Hashes of other programs may need more. That much isn’t kept.
        let mut larger = Vec::new();
        let blocks = if let Some(blocks) = buffer.get_mut(..needed) {
            blocks
        } else {
            larger.resize(needed, Block::new());
            &mut larger
        };
        let hashed = argon2.hash_password_into_with_memory(password, salt, out, &mut *blocks);
        blocks.fill(Block::new());
        self.free.lock().push(buffer);
        hashed
    }

    #[cfg(test)]
    pub fn buffers(&self) -> Vec<Vec<Block>> {
        self.free.lock().clone()
    }
}
