//! A guess at what an unknown name was meant to be.

/// Returns what the name most like `wanted` stands for, if it is at least `alike` (0 to 1). Among equals, the first in
/// order.
pub fn nearest<N: AsRef<str>, T: Ord>(
    names: impl IntoIterator<Item = (N, T)>,
    wanted: &str,
    alike: f64,
) -> Option<T> {
    let worth = |name: N| strsim::jaro_winkler(name.as_ref(), wanted);
    let near =
        names.into_iter().map(|(name, meant)| (worth(name), meant)).filter(|(worth, _)| *worth >= alike);
    let nearest = near.max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)));
    nearest.map(|(_, meant)| meant)
}
