//! Locks on files between processes. The operating system releases a lock when its process ends, however it ends.

use std::fs::{File, TryLockError};
use std::io;
use std::thread;
use std::time::{Duration, Instant};

/// Pause between two tries.
const RETRY: Duration = Duration::from_millis(10);

/// [`File::try_lock`], or [`File::try_lock_shared`].
pub type TryLock = fn(&File) -> Result<(), TryLockError>;

/// Locks `file` as soon as no other handle's lock is in the way, waiting `patience` at most; zero tries once. Returns
/// whether it holds the lock now. The lock ends with the handle.
pub fn acquire(file: &File, try_lock: TryLock, patience: Duration) -> io::Result<bool> {
    let until = Instant::now() + patience;
    loop {
        match try_lock(file) {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(RETRY),
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::private;

    #[test]
    fn a_held_lock_is_waited_for_and_given_up() {
        let dir = tempfile::tempdir().unwrap();
        let open = || private::open(&dir.path().join("a.lock")).unwrap();
        let short = Duration::from_millis(30);
        let (first, second) = (open(), open());
        assert!(acquire(&first, File::try_lock_shared, Duration::ZERO).unwrap());
        assert!(acquire(&second, File::try_lock_shared, Duration::ZERO).unwrap());
        let third = open();
        let began = Instant::now();
        assert!(!acquire(&third, File::try_lock, short).unwrap());
        assert!(began.elapsed() >= short);
        drop((first, second));
        assert!(acquire(&third, File::try_lock, Duration::from_secs(10)).unwrap());
    }
}
