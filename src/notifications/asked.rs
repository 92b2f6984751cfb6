//! The texts of letters: mails that somebody asked for, or must have. Where the link belongs stands [`LINK_PLACE`].
//!
//! As in [`letter`](super::letter), no text that a person wrote becomes a link or stands in a subject.

use crate::house::notices::letters::{Asked, LINK_PLACE};
use crate::house::notices::outbox::Letter;
use crate::house::people::email;
use crate::notifications::draft::{Block, Draft, Line};
use crate::notifications::dress::Dress;
use crate::rules::notice::{LetterKind, LinkKind};
use crate::rules::unlinked::unlinked;
use crate::text::dates::duration;
use crate::text::i18n::{Lang, Words};

/// Writes a letter in its person's language.
pub fn compose(asked: &Asked<'_>) -> Letter {
    let language = asked.language.unwrap_or(&asked.settings.language);
    let words = Words::new(Lang::from_tag(language).unwrap_or_default());
    let house = asked.settings.name.as_str();
    let key = asked.kind.name().replace('_', "-");
    let subject = words.t1(&format!("asked-subject-{key}"), "house", house);
    let mut blocks = vec![Block::of([words.t1("mail-greeting", "name", unlinked(asked.name))])];
    blocks.extend(blocks_of(asked, words, &key));
    let draft = Draft { words, subject, blocks, are_matters: false, foot: Block::default() };
    draft.letter(&Dress::of(asked.settings))
}

fn blocks_of(asked: &Asked<'_>, words: Words, key: &str) -> Vec<Block> {
    let house = asked.settings.name.as_str();
    let said = |part: &str| words.t1(&format!("asked-{key}-{part}"), "house", house);
    if asked.kind == LetterKind::Approved {
        let page = asked.settings.public_url().map(|page| Block(vec![Line::link(page, said("go"))]));
        let (why, not_you) = (Block::of([said("why")]), Block::of([said("not-you")]));
        return [Some(why), page, Some(not_you)].into_iter().flatten().collect();
    }
    let Some(link) = asked.kind.link() else {
        let new = asked.account_email.map_or(String::new(), |new| unlinked(&hidden(new)));
        let changed = words.t2("asked-address-changed", ("house", house), ("new", new));
        return vec![Block::of([changed]), Block::of([said("not-you")])];
    };
    let life = duration(LinkKind::life_s(link), words);
    let place = Line::link(LINK_PLACE, said("go"));
    vec![
        Block::of([said("why")]),
        Block(vec![Line::Words(said("open")), place]),
        Block::of([words.t1("asked-once", "life", life)]),
        Block::of([said("not-you")]),
    ]
}

/// An address for somebody who may not be its owner: `a…@example.org`.
fn hidden(address: &str) -> String {
    let shown = email::shown(address);
    match shown.split_once('@') {
        Some((local, domain)) => {
            format!("{}…@{domain}", local.chars().next().map_or(String::new(), String::from))
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::notice::LetterKind;

    #[test]
    fn every_letter_has_its_words_in_both_languages() {
        for lang in [Lang::En, Lang::Ko] {
            let words = Words::new(lang);
            for kind in LetterKind::ALL {
                let key = kind.name().replace('_', "-");
                let mut keys = vec![format!("asked-subject-{key}"), format!("asked-{key}-not-you")];
                if kind.link().is_some() {
                    keys.extend(["why", "open", "go"].map(|part| format!("asked-{key}-{part}")));
                }
                for key in keys {
                    assert_ne!(words.t(&key), key);
                }
            }
        }
    }

    #[test]
    fn a_new_address_is_hidden_from_the_old_one() {
        assert_eq!(hidden("ann@example.org"), "a…@example.org");
        assert_eq!(hidden("nobody"), "");
    }
}
