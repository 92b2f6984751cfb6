//! The names of a picture's files.

/// The number of digits in a picture's name.
pub(super) const NAME_LENGTH: usize = 32;
const MIDDLE: &str = "-middle";
const THUMB: &str = "-thumb";

/// The files of the picture called `name` that a backup holds. The middle size is made of the large one again.
pub(in crate::house) fn files_of(name: &str) -> [String; 2] {
    [format!("{name}.jpg"), format!("{name}{THUMB}.jpg")]
}

/// The file of its middle size.
pub(super) fn middle_file(name: &str) -> String {
    format!("{name}{MIDDLE}.jpg")
}

/// The large file of a middle size; `None` for any other file.
pub(super) fn large_of(file: &str) -> Option<String> {
    let name = file.strip_suffix(".jpg")?.strip_suffix(MIDDLE)?;
    Some(format!("{name}.jpg"))
}

/// Whether this is a valid name of a stored picture's file.
pub(in crate::house) fn is_file_name(file: &str) -> bool {
    let Some(stem) = file.strip_suffix(".jpg") else { return false };
    is_name([MIDDLE, THUMB].iter().find_map(|size| stem.strip_suffix(size)).unwrap_or(stem))
}

pub(super) fn is_name(name: &str) -> bool {
    name.len() == NAME_LENGTH && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_name() {
        let name = "0123456789abcdef".repeat(2);
        for file in files_of(&name).into_iter().chain([middle_file(&name)]) {
            assert!(is_file_name(&file), "{file}");
        }
        for file in
            ["", ".jpg", "-middle.jpg", &name, &format!("{name}-large.jpg"), &format!("../{name}.jpg")]
        {
            assert!(!is_file_name(file), "{file}");
        }
        assert!(!is_file_name(&format!("{name}-middle-thumb.jpg")));
        assert_eq!(large_of(&middle_file(&name)), Some(format!("{name}.jpg")));
        assert_eq!(large_of(&format!("{name}-thumb.jpg")), None);
    }
}
