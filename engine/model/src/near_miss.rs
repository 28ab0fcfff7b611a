//! The near miss: of the names that exist, the one that somebody probably meant.

/// A hint such as ``did you mean `target_1`?``, where one of `candidates` is close enough to `wrong`.
pub fn did_you_mean<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(wrong, candidates).map(|name| format!("did you mean `{name}`?"))
}

/// How many names are compared in full, so that a file of nothing but wrong names costs little.
const COMPARED: usize = 300;

/// Close enough means: at most a third of the letters differ, letter case and separators being free.
fn nearest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = simplified(wrong);
    let limit = (wrong.len() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (simplified(candidate), candidate))
        .filter(|(name, _)| is_alike(&wrong, name, limit))
        .take(COMPARED)
        .map(|(name, candidate)| (distance(&wrong, &name, limit), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, candidate)| (*distance, candidate.len()))
        .map(|(_, candidate)| candidate)
}

/// Who mistypes a name rarely misses both its ends.
fn is_alike(wrong: &[char], name: &[char], limit: usize) -> bool {
    let same_end = wrong.first() == name.first() || wrong.last() == name.last();
    same_end && wrong.len().abs_diff(name.len()) <= limit
}

/// Names longer than anybody types are cut, so that a comparison stays cheap.
fn simplified(name: &str) -> Vec<char> {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).take(64).collect()
}

/// Edits (insert, delete, replace) from one to the other; more than `limit` when they differ too much in length.
fn distance(left: &[char], right: &[char], limit: usize) -> usize {
    if left.len().abs_diff(right.len()) > limit {
        return limit + 1;
    }
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.iter().enumerate() {
        let mut diagonal = index;
        let mut previous = index + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(right) {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = *cell;
            previous = replaced.min(diagonal + 1).min(previous + 1);
            *cell = previous;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or(limit + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_wins_and_far_names_never_do() {
        let names = ["target_1", "target_2", "source"];
        assert_eq!(nearest("targt_1", names), Some("target_1"));
        assert_eq!(nearest("Target-2", names), Some("target_2"));
        assert_eq!(nearest("elsewhere", names), None);
        assert_eq!(nearest("", names), None);
    }
}
