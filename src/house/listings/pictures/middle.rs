//! The middle size of pictures that were stored without one, by an earlier release or in a backup.

use super::decode::upright;
use super::names::{files_of, middle_file};
use super::{JPEG_QUALITY, MIDDLE_SIDE_PX, jpeg, put_in_place};
use crate::house::House;
use anyhow::Result;
use std::time::Duration;

/// The rest between two pictures: people's own uploads go first.
const REST: Duration = Duration::from_millis(250);

impl House {
    /// Makes the middle size of each picture of a listing that lacks it, one after the other with a `rest` before each;
    /// ends early once that returns false. Returns how many were made. A picture that cannot be read is passed over: until
    /// it has a middle size, [`House::picture`] returns the large one instead.
    pub fn make_middle_pictures(&self, rest: &dyn Fn(Duration) -> bool) -> Result<usize> {
        let dir = self.dir().join("pictures");
        let mut n_made = 0;
        for name in self.read(|snapshot| snapshot.pictures())? {
            let (file, [large, _]) = (middle_file(&name), files_of(&name));
            if dir.join(&file).exists() {
                continue;
            }
            if !rest(REST) {
                break;
            }
            let Some(bytes) = self.picture(&large)? else { continue };
            let Ok((picture, _held)) = upright(&bytes, MIDDLE_SIDE_PX) else { continue };
            put_in_place(&dir, &file, &jpeg(&picture, JPEG_QUALITY)?)?;
            n_made += 1;
        }
        Ok(n_made)
    }
}
