//! What was probably meant by a name that nothing has.

/// Of `names`, each with what it stands for, the one most like `wanted`, if it is at least `alike` (0 to 1); of several
/// that are equally like it the first in order.
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
