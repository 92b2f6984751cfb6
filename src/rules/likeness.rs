//! Likeness of guests: whether two registrations may be of one person. It is a doubt for a person to settle, so it is
//! wide enough to find a name that was typed twice in two ways, and narrow enough to be read.
//!
//! Two guests are alike if they have the same telephone number or a similar name. An email address is no likeness: its
//! account has one number in a sale.
//!
//! - A telephone number is compared by its digits. `+82 10-1234-5678`, `0082 10 1234 5678` and `010 1234 5678` are one.
//! - A name is compared without case, accents, punctuation and spacing, and in any order of its words. Digits stay where
//!   they are: `Table 1-12`, `Table 12-1` and `Table 11-2` are three guests.
//! - In a name of [`MIN_NAME`] letters one word of [`MIN_WORD`] letters may have one slip: a letter too many, too few,
//!   wrong, or changed places with its neighbour. Digits never slip: `Table 11` and `Table 12` are two guests.

use super::text;
use icu_normalizer::DecomposingNormalizerBorrowed;
use std::cmp::Ordering;
use std::collections::HashMap;

/// The letters of a name from which on a slip is forgiven, and those of the word with the slip. The longer of the two
/// names, and of the two words, counts.
const MIN_NAME: usize = 7;
const MIN_WORD: usize = 4;
/// The digits from which on a telephone number may lack its prefix, and the most digits of a prefix: `+39 0`, as Italy
/// has it, are three.
const MIN_PHONE: usize = 7;
const MAX_PREFIX: usize = 3;

/// What two guests have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    Phone,
    Name,
}

impl Likeness {
    /// The field that a guest has it in.
    pub fn field(self) -> &'static str {
        match self {
            Likeness::Phone => "phone",
            Likeness::Name => "name",
        }
    }
}

/// What guests are compared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traits {
    /// The words of the name: first those with digits as they stand, then the others in alphabetical order.
    words: Vec<String>,
    /// The letters of the name, in their order, with a space between digits of two words.
    letters: String,
    /// The digits of the telephone number, without the zeros before it; empty if there is none.
    phone: String,
}

impl Traits {
    pub fn of(name: &str, phone: Option<&str>) -> Traits {
        let folded = folded(name);
        let split = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let mut words: Vec<String> = split.map(str::to_owned).collect();
        if words.is_empty() {
            // A name without letters, such as a picture.
            words.push(folded);
        }
        let letters = joined(&words);
        let has_digits = |word: &str| word.contains(char::is_numeric);
        // Sorting is stable: words with digits are equal to each other.
        words.sort_by(|a, b| match (has_digits(a), has_digits(b)) {
            (false, false) => a.cmp(b),
            (true, true) => Ordering::Equal,
            (a, b) => b.cmp(&a),
        });
        Traits { words, letters, phone: phone.map(digits).unwrap_or_default() }
    }

    /// Why the two may be one person; none if they are not alike.
    pub fn likeness(&self, other: &Traits) -> Option<Likeness> {
        match () {
            () if is_same_phone(&self.phone, &other.phone) => Some(Likeness::Phone),
            () if self.has_name_of(other) => Some(Likeness::Name),
            () => None,
        }
    }

    /// Whether the two may be one person.
    pub fn is_like(&self, other: &Traits) -> bool {
        self.likeness(other).is_some()
    }

    fn has_name_of(&self, other: &Traits) -> bool {
        self.letters == other.letters || self.words == other.words || self.slips_into(other)
    }

    /// Whether one word differs from one of the other's by a slip, and no other word differs.
    fn slips_into(&self, other: &Traits) -> bool {
        let n_letters = |name: &Traits| name.letters.chars().count();
        if n_letters(self).max(n_letters(other)) < MIN_NAME || self.words.len() != other.words.len() {
            return false;
        }
        match (&beside(&self.words, &other.words)[..], &beside(&other.words, &self.words)[..]) {
            ([one], [another]) => is_slip(one, another) && self.has_digits_of(other),
            _ => false,
        }
    }

    /// Whether the words with digits are the same, and in the same order.
    fn has_digits_of(&self, other: &Traits) -> bool {
        let with_digits = |name: &Traits| -> Vec<String> {
            name.words.iter().filter(|word| word.contains(char::is_numeric)).cloned().collect()
        };
        with_digits(self) == with_digits(other)
    }

    /// Keys of which two guests who are alike have at least one in common; others may share one, too.
    fn keys(&self) -> Vec<String> {
        let mut keys = vec![format!("letters {}", self.letters), format!("words {}", self.words.join(" "))];
        if !self.phone.is_empty() {
            let from = self.phone.len().saturating_sub(MIN_PHONE);
            keys.push(format!("phone {}", &self.phone[from..]));
        }
        if self.letters.chars().count() + 1 >= MIN_NAME {
            (0..self.words.len()).for_each(|at| self.add_keys_of_slips(at, &mut keys));
        }
        keys
    }

    /// Two words that differ by one slip are equal once at most one letter of each is left out.
    fn add_keys_of_slips(&self, at: usize, keys: &mut Vec<String>) {
        let word: Vec<char> = self.words[at].chars().collect();
        if word.len() + 1 < MIN_WORD {
            return;
        }
        let others: Vec<&str> =
            self.words.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, word)| &word[..]).collect();
        let others = others.join(" ");
        let without = |left_out: usize| -> String {
            word.iter().enumerate().filter(|(n, _)| *n != left_out).map(|(_, c)| *c).collect()
        };
        keys.extend((0..=word.len()).map(|left_out| format!("slip {others} {}", without(left_out))));
    }
}

/// Guests among whom those like a new one are found without comparing everybody with everybody.
#[derive(Debug, Default)]
pub struct Crowd {
    traits: Vec<Traits>,
    by_key: HashMap<String, Vec<usize>>,
}

impl Crowd {
    /// Adds a guest. They are counted from 0 in the order in which they are added.
    pub fn add(&mut self, traits: Traits) {
        for key in traits.keys() {
            let with_key = self.by_key.entry(key).or_default();
            if with_key.last() != Some(&self.traits.len()) {
                with_key.push(self.traits.len());
            }
        }
        self.traits.push(traits);
    }

    /// Up to `most` of those who are like this guest, in ascending order, and why.
    pub fn like(&self, traits: &Traits, most: usize) -> Vec<(usize, Likeness)> {
        let mut found: Vec<(usize, Likeness)> = Vec::new();
        for at in traits.keys().iter().filter_map(|key| self.by_key.get(key)).flatten() {
            if found.len() == most {
                break;
            }
            let is_new = found.iter().all(|(found, _)| found != at);
            found.extend(traits.likeness(&self.traits[*at]).filter(|_| is_new).map(|why| (*at, why)));
        }
        found.sort_unstable_by_key(|(at, _)| *at);
        found
    }
}

/// The words without the spaces between them, but for those between two digits.
fn joined(words: &[String]) -> String {
    words.iter().fold(String::new(), |mut all, word| {
        if all.ends_with(char::is_numeric) && word.starts_with(char::is_numeric) {
            all.push(' ');
        }
        all + word
    })
}

/// The words of `these` that `those` do not have, each as often as it is missing.
fn beside<'w>(these: &'w [String], those: &[String]) -> Vec<&'w String> {
    let mut left: Vec<&String> = those.iter().collect();
    let mut missing = Vec::new();
    for word in these {
        match left.iter().position(|other| *other == word) {
            Some(at) => drop(left.swap_remove(at)),
            None => missing.push(word),
        }
    }
    missing
}

/// Whether the words differ by one letter too many, too few or wrong, or by two neighbours in each other's place.
fn is_slip(one: &str, another: &str) -> bool {
    let (one, another): (Vec<char>, Vec<char>) = (one.chars().collect(), another.chars().collect());
    if one.len().max(another.len()) < MIN_WORD || one.iter().chain(&another).any(|c| c.is_numeric()) {
        return false;
    }
    let n_before = one.iter().zip(&another).take_while(|(a, b)| a == b).count();
    let (one, another) = (&one[n_before..], &another[n_before..]);
    let n_after = one.iter().rev().zip(another.iter().rev()).take_while(|(a, b)| a == b).count();
    match (&one[..one.len() - n_after], &another[..another.len() - n_after]) {
        ([], [_]) | ([_], []) | ([_], [_]) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
}

fn is_same_phone(one: &str, another: &str) -> bool {
    let (short, long) = if one.len() <= another.len() { (one, another) } else { (another, one) };
    let may_lack_prefix = short.len() >= MIN_PHONE && long.len() - short.len() <= MAX_PREFIX;
    !short.is_empty() && (short == long || may_lack_prefix && long.ends_with(short))
}

/// The digits of a telephone number, without the zeros before it, which countries put before a number at home and
/// before a prefix.
fn digits(phone: &str) -> String {
    let compatible = DecomposingNormalizerBorrowed::new_nfkd().normalize(phone).replace("(0)", "");
    let digits: String = compatible.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').to_owned()
}

/// A name in compatible letters, without case and without the accents of Latin, Greek and Cyrillic letters. The marks
/// of other scripts are letters of their own, and stay.
fn folded(name: &str) -> String {
    let parts = DecomposingNormalizerBorrowed::new_nfkd().normalize(name);
    let letters: String = parts.chars().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).collect();
    text::nfc(&letters).to_lowercase().replace('ß', "ss").replace('ς', "σ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn named(name: &str) -> Traits {
        Traits::of(name, None)
    }

    fn crowd(guests: &[Traits]) -> Crowd {
        let mut crowd = Crowd::default();
        guests.iter().for_each(|guest| crowd.add(guest.clone()));
        crowd
    }

    #[track_caller]
    fn check(one: &Traits, another: &Traits, is_like: bool) {
        assert_eq!(one.is_like(another), is_like, "{one:?} {another:?}");
        assert_eq!(another.is_like(one), is_like, "{another:?} {one:?}");
        assert_eq!(
            crowd(std::slice::from_ref(one)).like(another, 1).len(),
            usize::from(is_like),
            "{one:?} {another:?}"
        );
    }

    #[test]
    fn names_are_alike_however_they_are_written() {
        for (one, another, is_like) in [
            ("Bob", "Bob", true),
            ("Bob", "BOB ", true),
            ("Bob", "Rob", false),
            ("Jörg Müller", "Jorg Muller", true),
            ("Jo\u{308}rg", "JÖRG", true),
            ("Strauß", "Strauss", true),
            ("Ａｎｎ Ｌｅｅ", "ann lee", true),
            ("Ann Lee", "Lee, Ann", true),
            ("Mac Donald", "MacDonald", true),
            ("Anne-Marie Roy", "anne marie roy", true),
            ("김민수", "김 민수", true),
            ("김민수", "\u{1100}\u{1175}\u{11b7}민수", true),
            ("김민수", "김민서", false),
            ("Νίκος", "ΝΙΚΟΣ", true),
            ("🦊", "🦊", true),
            ("🦊", "🐻", false),
            ("がっこう", "かっこう", false),
        ] {
            check(&named(one), &named(another), is_like);
        }
    }

    #[test]
    fn a_name_of_some_length_may_have_one_slip() {
        for (one, another, is_like) in [
            ("John Smith", "Jon Smith", true),
            ("John Smith", "Jonh Smith", true),
            ("John Smith", "John Smyth", true),
            ("John Smith", "Smith Johnn", true),
            ("John Smith", "Jon Smyth", false),
            ("John Smith", "John Smithers", false),
            ("Anne Lee", "Ann Lee", true),
            ("Ann Lee", "Amn Lee", false),
            ("Tom Lee", "Tim Lee", false),
            ("Andrea", "Andreas", true),
            ("Maria", "Marie", false),
            ("Bidder A", "Bidder B", false),
            ("Guest 101", "Guest 102", false),
            ("Guest101", "Guest102", false),
            ("Guest 3-2", "Guest 2-3", false),
            ("Guest 3-2", "3-2 guest", true),
            ("Guest 1-12", "Guest 11-2", false),
            ("Guest 3-2", "Gest 3-2", true),
            ("Guest 3-2", "Gest 2-3", false),
            ("Ann Ann Smith", "Ann Smith Smith", false),
            ("Ann Ann Smith", "Ann Smith Anna", true),
        ] {
            check(&named(one), &named(another), is_like);
        }
    }

    #[test]
    fn a_telephone_number_is_one_with_and_without_the_prefix_of_its_country() {
        let by_phone = |name, phone| Traits::of(name, Some(phone));
        for (one, another, is_like) in [
            ("010-1234-5678", "01012345678", true),
            ("010-1234-5678", "+82 10 1234 5678", true),
            ("0082 10 1234 5678", "+82-10-1234-5678", true),
            ("+49 (0) 170 1234567", "0170/1234567", true),
            ("+39 06 1234567", "06 1234567", true),
            ("０１０-１２３４-５６７８", "010 1234 5678", true),
            ("(555) 010-2030", "+1 555 010 2030", true),
            ("010-1234-5678", "010-1234-5679", false),
            ("010-1234-5678", "011-1234-5678", false),
            ("234567", "1234567", false),
            ("101", "101", true),
            ("101", "5101", false),
            ("reception", "front desk", false),
        ] {
            check(&by_phone("Ann", one), &by_phone("Bob", another), is_like);
        }
        check(&Traits::of("Ann", None), &by_phone("Bob", "010"), false);
    }

    proptest! {
        #[test]
        fn a_crowd_finds_whom_one_by_one_finds(
            guests in proptest::collection::vec(("[ab]{3,5}( [abé]{2,4})?", "(\\+82|0)?10[12]{6}|"), 1..12),
            most in 1_usize..20,
        ) {
            let guests: Vec<Traits> =
                guests.iter().map(|(name, phone)| Traits::of(name, Some(phone))).collect();
            let crowd = crowd(&guests);
            for guest in &guests {
                let alike: Vec<usize> = (0..guests.len()).filter(|at| guest.is_like(&guests[*at])).collect();
                let found = crowd.like(guest, most);
                prop_assert_eq!(found.len(), alike.len().min(most));
                prop_assert!(found.iter().all(|(at, _)| alike.contains(at)));
            }
        }

        #[test]
        fn any_one_slip_is_forgiven(name in "[a-z]{8,12}", at in 0_usize..8, letter in proptest::char::range('a', 'z')) {
            let mut slips = vec![name.clone(); 4];
            slips[0].insert(at, letter);
            slips[1].remove(at);
            slips[2].replace_range(at..=at, &letter.to_string());
            let swapped: String = name[at..].chars().take(2).collect::<Vec<_>>().into_iter().rev().collect();
            slips[3].replace_range(at..(at + 2).min(name.len()), &swapped);
            for slip in slips {
                prop_assert!(named(&name).is_like(&named(&slip)), "{} {}", name, slip);
                prop_assert_eq!(crowd(&[named(&name)]).like(&named(&slip), 2), vec![(0, Likeness::Name)]);
            }
        }
    }
}
