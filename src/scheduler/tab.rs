//! A user's crontab around our block, which is found, replaced, or taken out. It works on bytes, so that every line
//! that is not ours comes out as it went in. It must never guess: doubled or broken markers are refused.

use super::entry::Damaged;
use super::line;

/// A tab, cut at our markers.
#[derive(Debug)]
pub(super) struct Tab<'a> {
    before: &'a [u8],
    /// Markers included; empty if there is none.
    block: &'a [u8],
    after: &'a [u8],
}

impl<'a> Tab<'a> {
    pub fn read(text: &'a [u8], house_id: &str) -> Result<Tab<'a>, Damaged> {
        let (begin, end) = (line::begin(house_id), line::end(house_id));
        let mut markers = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            let plain = line.trim_ascii();
            let marker = plain.starts_with(b"# BEGIN auction ") || plain.starts_with(b"# END auction ");
            if marker {
                markers.push((plain, at, at + line.len()));
            }
            at += line.len();
        }
        let is_ours = |plain: &[u8]| plain == begin.as_bytes() || plain == end.as_bytes();
        let ours: Vec<usize> = (0..markers.len()).filter(|&n| is_ours(markers[n].0)).collect();
        match ours[..] {
            [] => Ok(Tab { before: &[], block: &[], after: text }),
            [first, last]
                if last == first + 1
                    && markers[first].0 == begin.as_bytes()
                    && markers[last].0 == end.as_bytes() =>
            {
                let (from, to) = (markers[first].1, markers[last].2);
                Ok(Tab { before: &text[..from], block: &text[from..to], after: &text[to..] })
            }
            _ => Err(Damaged(format!(
                "the crontab does not hold one \"{begin}\" followed by one \"{end}\" with nothing of another house between: \
                 put the two lines right with `crontab -e`, or delete both and all between them"
            ))),
        }
    }

    /// Returns our lines as they are, without the markers.
    pub fn lines(&self) -> impl Iterator<Item = line::Line<'a>> {
        self.inner()
            .filter_map(|bytes| line::read(str::from_utf8(bytes.strip_suffix(b"\n").unwrap_or(bytes)).ok()?))
    }

    /// Returns whether the tab holds exactly this block, where no setting above it changes what its lines mean.
    pub fn holds(&self, block: &str) -> bool {
        self.block == block.as_bytes() && !self.is_below_a_setting()
    }

    /// Returns whether a line such as `SHELL=…` or `CRON_TZ=…` is above the block: it governs the block too.
    pub fn is_below_a_setting(&self) -> bool {
        self.before.split(|&byte| byte == b'\n').any(is_setting)
    }

    /// Returns the tab with this block: in the old one's place, else at the top, where no setting of the user's governs
    /// it and a last line without a line break stays as it is.
    pub fn with(&self, block: &str) -> Vec<u8> {
        let strays = self.strays();
        if self.is_below_a_setting() {
            [block.as_bytes(), self.before, &strays, self.after].concat()
        } else {
            [self.before, block.as_bytes(), &strays, self.after].concat()
        }
    }

    pub fn without(&self) -> Vec<u8> {
        [self.before, &self.strays(), self.after].concat()
    }

    /// Returns how many lines of the user's own cron reads: no comments, and nothing empty.
    pub fn n_others(&self) -> usize {
        let strays = self.strays();
        let others = [self.before, &strays, self.after].into_iter();
        let lines = others.flat_map(|part| part.split(|&byte| byte == b'\n')).map(<[u8]>::trim_ascii);
        lines.filter(|line| !line.is_empty() && !line.starts_with(b"#")).count()
    }

    pub fn has_block(&self) -> bool {
        !self.block.is_empty()
    }

    /// Returns the user's own lines that got between the markers: they are kept, below the block.
    fn strays(&self) -> Vec<u8> {
        let ours = |bytes: &[u8]| {
            str::from_utf8(bytes.trim_ascii_end()).is_ok_and(|text| line::read(text).is_some())
        };
        self.inner().filter(|bytes| !ours(bytes)).collect::<Vec<_>>().concat()
    }

    fn inner(&self) -> impl Iterator<Item = &'a [u8]> {
        let lines: Vec<&[u8]> = self.block.split_inclusive(|&byte| byte == b'\n').collect();
        let n_inner = lines.len().saturating_sub(2);
        lines.into_iter().skip(1).take(n_inner)
    }
}

/// Returns whether cron reads the line as `NAME = value`, the name in quotes or not.
fn is_setting(line: &[u8]) -> bool {
    let Some(equals) = line.iter().position(|&byte| byte == b'=') else {
        return false;
    };
    let name = line[..equals].trim_ascii();
    let quoted = |byte: &u8| byte.is_ascii_alphanumeric() || b"_'\"".contains(byte);
    !name.is_empty() && name.iter().all(quoted) && !name[0].is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BLOCK: &str = "# BEGIN auction h1\n* * * * * '/a' --data-dir '/b' settle --due\n# END auction h1\n";

    fn with(text: &[u8]) -> Vec<u8> {
        Tab::read(text, "h1").unwrap().with(BLOCK)
    }

    fn without(text: &[u8]) -> Vec<u8> {
        Tab::read(text, "h1").unwrap().without()
    }

    #[test]
    fn foreign_lines_come_out_as_they_went_in() {
        let foreign: [&[u8]; 8] = [
            b"",
            b"0 5 * * * backup\n",
            b"0 5 * * * backup",
            b"\n\n# note\r\n0 5 * * * backup\r\n",
            b"MAILTO=ann\n0 5 * * * a\0b \xff\xfe\n\n\n",
            b"# BEGIN auction h2\nx\n# END auction h2\n",
            b"# BEGIN auction h10\n",
            b"#BEGIN auction h1\n # END of it\n",
        ];
        for text in foreign {
            let put = with(text);
            assert_eq!(put, [BLOCK.as_bytes(), text].concat());
            assert!(Tab::read(&put, "h1").unwrap().holds(BLOCK));
            assert_eq!(without(&put), text);
        }
    }

    #[test]
    fn a_block_is_exchanged_where_it_stands() {
        let old = b"0 5 * * * a\n# BEGIN auction h1\n@reboot 'x' --data-dir 'y' settle --due\n# END auction h1\nlast";
        assert_eq!(with(old), [b"0 5 * * * a\n", BLOCK.as_bytes(), b"last"].concat());
        assert_eq!(without(old), b"0 5 * * * a\nlast");
        let unended = b"# BEGIN auction h1\n# END auction h1";
        assert_eq!(with(unended), BLOCK.as_bytes());
        assert!(!Tab::read(unended, "h1").unwrap().holds(BLOCK));
    }

    #[test]
    fn a_setting_above_the_block_moves_it_to_the_top() {
        for setting in ["CRON_TZ=Asia/Seoul", " SHELL = /usr/bin/fish", "\"MAILTO\"=''"] {
            let text = format!("{setting}\n{BLOCK}0 5 * * * a\n");
            assert!(!Tab::read(text.as_bytes(), "h1").unwrap().holds(BLOCK));
            assert_eq!(with(text.as_bytes()), format!("{BLOCK}{setting}\n0 5 * * * a\n").as_bytes());
        }
        for harmless in ["# X=1", "0 5 * * * X=1 run", "@daily X=1 run"] {
            let text = format!("{harmless}\n{BLOCK}");
            assert!(Tab::read(text.as_bytes(), "h1").unwrap().holds(BLOCK), "{harmless}");
        }
    }

    #[test]
    fn a_persons_line_between_the_markers_is_moved_below_and_kept() {
        let text = b"# BEGIN auction h1\n0 5 * * * mine\n1 2 3 4 * 'p' --data-dir 'd' settle 5\n# END auction h1\nrest\n";
        assert_eq!(with(text), [BLOCK.as_bytes(), b"0 5 * * * mine\nrest\n"].concat());
        assert_eq!(without(text), b"0 5 * * * mine\nrest\n");
    }

    #[test]
    fn damaged_or_doubled_markers_are_refused() {
        for text in [
            "# BEGIN auction h1\n",
            "# END auction h1\n",
            "# END auction h1\n# BEGIN auction h1\n",
            "# BEGIN auction h1\n# BEGIN auction h1\n# END auction h1\n",
            "# BEGIN auction h1\n# END auction h1\n# END auction h1\n",
            "# BEGIN auction h1\n# END auction h1\n# BEGIN auction h1\n# END auction h1\n",
            "# BEGIN auction h1\n# BEGIN auction h2\n# END auction h1\n# END auction h2\n",
            "# BEGIN auction h1\r\nx\n  # END auction h1\n# END auction h1",
        ] {
            assert!(Tab::read(text.as_bytes(), "h1").is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn putting_and_taking_out_again_changes_nothing(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let put = with(&text);
            prop_assert_eq!(without(&put), text);
            prop_assert_eq!(with(&put), put);
        }

        #[test]
        fn any_lines_around_two_houses_are_kept(lines in "[ -~\n\r]{0,80}", more in "[ -~\n]{0,80}") {
            let first = Tab::read(more.as_bytes(), "h2").unwrap().with(&BLOCK.replace("h1", "h2"));
            let text = [lines.as_bytes(), b"\n", &first[..]].concat();
            let put = with(&text);
            prop_assert_eq!(&without(&put), &text);
            prop_assert_eq!(Tab::read(&text, "h2").unwrap().without(), [lines.as_bytes(), b"\n", more.as_bytes()].concat());
        }
    }
}
