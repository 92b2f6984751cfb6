//! A guess at what an unknown name was meant to be.

/// The length from which a text with one typing error (a letter more, less, different, or two swapped) counts as like.
const MIN_LENGTH: usize = 3;

/// Returns what the name most like `wanted` stands for, if it is at least `alike` (0 to 1). Among equals, the first in
/// order.
pub fn nearest<N: AsRef<str>, T: Ord>(
    names: impl IntoIterator<Item = (N, T)>,
    wanted: &str,
    alike: f64,
) -> Option<T> {
    let worth = |name: N| {
        let is_typing_error =
            wanted.chars().count() >= MIN_LENGTH && strsim::damerau_levenshtein(name.as_ref(), wanted) == 1;
        let likeness = strsim::jaro_winkler(name.as_ref(), wanted);
        if is_typing_error { likeness.max(alike) } else { likeness }
    };
    let near =
        names.into_iter().map(|(name, meant)| (worth(name), meant)).filter(|(worth, _)| *worth >= alike);
    let nearest = near.max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)));
    nearest.map(|(_, meant)| meant)
}
