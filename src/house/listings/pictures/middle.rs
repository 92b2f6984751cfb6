//! The middle size of pictures that were stored without one, by an earlier release or in a backup.

use super::decode::upright;
use super::names::{files_of, middle_file};
use super::{JPEG_QUALITY, MIDDLE_SIDE_PX, jpeg, put_in_place};
use crate::house::House;
use anyhow::{Context, Result};
use std::path::Path;
use std::time::Duration;

/// The rest between two pictures: people's own uploads go first.
const REST: Duration = Duration::from_millis(250);
/// The rest while something closes: bids go first.
const REST_AT_CLOSE: Duration = Duration::from_secs(10);
/// A listing that closes within this time closes now.
const CLOSES_WITHIN_MS: i64 = 120_000;
/// With less room on the disk, what is left is kept for bids: twice the room that `auction doctor` calls too little.
const MIN_FREE_BYTES: u64 = 200 << 20;
/// How often it is looked whether there is room again.
const REST_WITHOUT_ROOM: Duration = Duration::from_secs(60);

impl House {
    /// Makes the middle size of each picture of a listing that lacks it, one after the other with a `rest` before each;
    /// ends early once that returns false. Rests longer while something closes, and as long as the disk has little room.
    /// Returns how many were made. A picture that cannot be read or written is passed over: until it has a middle size,
    /// [`House::picture`] returns the large one instead.
    pub fn make_middle_pictures(&self, rest: &dyn Fn(Duration) -> bool) -> Result<usize> {
        let dir = self.dir().join("pictures");
        let mut n_made = 0;
        for name in self.read(|snapshot| snapshot.pictures())? {
            if dir.join(middle_file(&name)).exists() {
                continue;
            }
            if !rest(if self.closes_now()? { REST_AT_CLOSE } else { REST }) {
                break;
            }
            while fs4::available_space(&dir).is_ok_and(|free| free < MIN_FREE_BYTES) {
                if !rest(REST_WITHOUT_ROOM) {
                    return Ok(n_made);
                }
            }
            match self.make_middle_picture(&dir, &name) {
                Ok(made) => n_made += usize::from(made),
                Err(error) => tracing::warn!(picture = name, error = format!("{error:#}"), "passed over"),
            }
        }
        Ok(n_made)
    }

    /// Returns whether it was made: not of what is no picture.
    fn make_middle_picture(&self, dir: &Path, name: &str) -> Result<bool> {
        let [large, _] = files_of(name);
        let Some(bytes) = self.picture(&large)? else { return Ok(false) };
        let Ok((picture, _held)) = upright(&bytes, MIDDLE_SIDE_PX) else { return Ok(false) };
        put_in_place(dir, &middle_file(name), &jpeg(&picture, JPEG_QUALITY)?)?;
        Ok(true)
    }

    fn closes_now(&self) -> Result<bool> {
        let next = self.read(|snapshot| snapshot.next_close()).context("look what closes")?;
        Ok(next.is_some_and(|next| next.ms_since(self.now()) < CLOSES_WITHIN_MS))
    }
}
