//! The marks that stand for kinds of things where there is no picture: on a tile, and in the preview of a page.

use std::iter;

/// A mark on a square of 48 points. Its paths are SVG's, in absolute coordinates with spaces between, so that the pages
/// and the painter of previews read the same ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Filled shapes; a hole runs the other way round.
    pub fill: &'static str,
    /// Lines of three points' width with round ends.
    pub line: &'static str,
    /// The beginnings of the words that it stands for, in small letters.
    words: &'static [&'static str],
}

/// The mark of the words of a category, or else of a title; `None` if it stands for none of them.
pub fn mark_of(category: Option<&str>, title: &str) -> Option<&'static Mark> {
    category.into_iter().chain(iter::once(title)).find_map(of_words)
}

/// The mark of the first word that has one.
fn of_words(text: &str) -> Option<&'static Mark> {
    let text = text.to_lowercase();
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.find_map(|word| MARKS.iter().find(|mark| mark.words.iter().any(|known| stands_for(word, known))))
}

/// Whether `word` is `known`, or its plural, or begins with it where that is long enough, or Korean, which joins words.
fn stands_for(word: &str, known: &str) -> bool {
    let Some(rest) = word.strip_prefix(known) else { return false };
    rest.is_empty() || rest == "s" || rest == "es" || !known.is_ascii() || known.len() > 5
}

/// The mark of a house's gavel, for what has none of its own.
pub const GAVEL: Mark = Mark {
    fill: "M 7 17 L 21 4 L 34 19 L 20 32 Z M 5 38 L 29 38 L 29 44 L 5 44 Z",
    line: "M 5 20 L 20 35 M 20 3 L 36 20 M 27 25 L 43 41",
    words: &[],
};

static MARKS: [Mark; 18] = [
    Mark {
        fill: "M 17 6 L 31 6 C 34 6 36 8 36 11 L 36 24 L 12 24 L 12 11 C 12 8 14 6 17 6 Z \
               M 8 18 C 10 18 11 19 11 21 L 11 37 L 5 37 L 5 21 C 5 19 6 18 8 18 Z \
               M 40 18 C 42 18 43 19 43 21 L 43 37 L 37 37 L 37 21 C 37 19 38 18 40 18 Z \
               M 13 26.5 L 35 26.5 L 35 37 L 13 37 Z",
        line: "M 9 39 L 9 42 M 39 39 L 39 42",
        words: &[
            "furnish",
            "furniture",
            "chair",
            "stool",
            "table",
            "home",
            "sofa",
            "가구",
            "의자",
            "탁자",
            "생활",
            "집",
        ],
    },
    Mark {
        fill: "M 8 16 L 34 16 L 34 26 C 34 35 28 39 21 39 C 14 39 8 35 8 26 Z",
        line: "M 34 19 C 42 17 42 30 33 29 M 16 5 C 13 8 19 9 16 12 M 25 5 C 22 8 28 9 25 12 M 6 43 L 36 43",
        words: &[
            "kitchen",
            "teapot",
            "tea",
            "cup",
            "mug",
            "bowl",
            "coffee",
            "espresso",
            "ceramic",
            "pottery",
            "porcelain",
            "주방",
            "그릇",
            "찻",
            "도자기",
            "커피",
            "사발",
        ],
    },
    Mark {
        fill: "M 24 13 C 19 8 12 8 5 9 L 5 37 C 12 36 19 36 24 41 C 29 36 36 36 43 37 L 43 9 C 36 8 29 8 24 13 Z \
               M 23 15 L 25 15 L 25 36 L 23 36 Z",
        line: "",
        words: &["book", "comic", "map", "novel", "책", "도서", "만화", "지도"],
    },
    Mark {
        fill: "M 5 7 L 43 7 L 43 41 L 5 41 Z M 10 12 L 10 36 L 38 36 L 38 12 Z \
               M 12 34 L 20 21 L 26 29 L 30 25 L 36 34 Z \
               M 33 15 C 35 15 36 16.5 36 18 C 36 19.5 35 21 33 21 C 31 21 30 19.5 30 18 C 30 16.5 31 15 33 15 Z",
        line: "",
        words: &["art", "painting", "picture", "print", "photo", "drawing", "그림", "미술", "사진", "예술"],
    },
    Mark {
        fill: "M 14 9 L 34 9 L 43 19 L 24 42 L 5 19 Z M 8 18 L 8 20 L 40 20 L 40 18 Z",
        line: "",
        words: &[
            "jewel",
            "ring",
            "necklace",
            "brooch",
            "gem",
            "jewellery",
            "jewelry",
            "보석",
            "장신구",
            "반지",
        ],
    },
    Mark {
        fill: "M 24 16 L 32 22 L 29 31 L 19 31 L 16 22 Z",
        line: "M 24 7 C 33.4 7 41 14.6 41 24 C 41 33.4 33.4 41 24 41 C 14.6 41 7 33.4 7 24 C 7 14.6 14.6 7 24 7 Z \
               M 24 16 L 24 8 M 32 22 L 40 19 M 29 31 L 34 38 M 19 31 L 14 38 M 16 22 L 8 19",
        words: &["sport", "football", "ball", "fitness", "스포츠", "운동", "축구"],
    },
    Mark {
        fill: "M 13 5 L 35 5 C 36 17 33 25 24 25 C 15 25 12 17 13 5 Z",
        line: "M 24 25 L 24 41 M 15 42 L 33 42",
        words: &[
            "food", "drink", "wine", "dinner", "lunch", "cake", "beer", "음식", "식사", "와인", "음료",
            "저녁",
        ],
    },
    Mark {
        fill: "M 24 4 L 37 22 L 31 22 L 41 36 L 7 36 L 17 22 L 11 22 Z",
        line: "M 24 36 L 24 44",
        words: &["outdoor", "garden", "plant", "nature", "camping", "tree", "야외", "정원", "식물", "캠핑"],
    },
    Mark {
        fill: "M 14 32 C 18 32 20 34 20 37 C 20 40 18 42 14 42 C 10 42 8 40 8 37 C 8 34 10 32 14 32 Z \
               M 34 28 C 38 28 40 30 40 33 C 40 36 38 38 34 38 C 30 38 28 36 28 33 C 28 30 30 28 34 28 Z \
               M 17 9 L 40 5 L 40 13 L 17 17 Z",
        line: "M 18.5 37 L 18.5 12 M 38.5 33 L 38.5 8",
        words: &[
            "music",
            "instrument",
            "guitar",
            "piano",
            "violin",
            "record",
            "radio",
            "음악",
            "악기",
            "음반",
            "라디오",
        ],
    },
    Mark {
        fill: "",
        line: "M 24 7 C 33.4 7 41 14.6 41 24 C 41 33.4 33.4 41 24 41 C 14.6 41 7 33.4 7 24 C 7 14.6 14.6 7 24 7 Z \
               M 24 14 L 24 24 L 31 29",
        words: &["clock", "watch", "antique", "curiosit", "vintage", "시계", "골동", "고미술", "수집"],
    },
    Mark {
        fill: "M 4 13 L 44 13 L 44 20 C 39 20 39 28 44 28 L 44 35 L 4 35 L 4 28 C 9 28 9 20 4 20 Z \
               M 30 16 L 30 19 L 32 19 L 32 16 Z M 30 22 L 30 26 L 32 26 L 32 22 Z M 30 29 L 30 32 L 32 32 L 32 29 Z",
        line: "",
        words: &[
            "ticket",
            "outing",
            "experience",
            "travel",
            "trip",
            "weekend",
            "concert",
            "holiday",
            "event",
            "여행",
            "체험",
            "티켓",
            "나들이",
            "공연",
            "주말",
        ],
    },
    Mark {
        fill: "M 17 7 C 19 12 29 12 31 7 L 44 14 L 39 23 L 34 21 L 34 42 L 14 42 L 14 21 L 9 23 L 4 14 Z",
        line: "",
        words: &[
            "cloth", "clothes", "clothing", "fashion", "shirt", "dress", "textile", "옷", "의류", "패션",
        ],
    },
    Mark {
        fill: "M 27 4 L 41 18 L 24 35 L 10 18 Z M 25 9 L 24 17 L 15 18 L 24 19 L 24 29 L 26 19 L 36 18 L 26 17 Z",
        line: "M 24 35 C 22 39 16 37 15 41 C 14 45 9 43 7 44",
        words: &["toy", "game", "kite", "child", "children", "kids", "장난감", "놀이", "어린이", "연"],
    },
    Mark {
        fill: "",
        line: "M 12 22 C 17 22 21 26 21 31 C 21 36 17 40 12 40 C 7 40 3 36 3 31 C 3 26 7 22 12 22 Z \
               M 36 22 C 41 22 45 26 45 31 C 45 36 41 40 36 40 C 31 40 27 36 27 31 C 27 26 31 22 36 22 Z \
               M 12 31 L 18 17 L 32 17 L 36 31 M 18 17 L 23 31 L 32 17 M 23 31 L 12 31 M 14 12 L 21 12 M 18 17 L 17 12 \
               M 32 17 L 30 10 L 36 10",
        words: &["bicycle", "bike", "vehicle", "car", "wheel", "자전거", "자동차", "탈것"],
    },
    Mark {
        fill: "M 4 8 L 44 8 L 44 34 L 4 34 Z M 9 13 L 9 29 L 39 29 L 39 13 Z",
        line: "M 24 34 L 24 41 M 15 41.5 L 33 41.5",
        words: &[
            "electronic",
            "computer",
            "phone",
            "camera",
            "screen",
            "tech",
            "전자",
            "컴퓨터",
            "가전",
            "카메라",
        ],
    },
    Mark {
        fill: "M 7 8 L 28 8 C 34 8 39 11 41 18 L 33 17 L 24 17 L 25 43 L 15 43 L 16 17 L 7 17 Z",
        line: "",
        words: &["tool", "workshop", "hardware", "공구", "도구"],
    },
    Mark {
        fill: "M 17 6 L 31 6 L 40 25 L 8 25 Z",
        line: "M 24 25 L 24 41 M 14 42 L 34 42",
        words: &["lamp", "light", "조명", "램프", "스탠드", "등"],
    },
    Mark {
        fill: "M 5 16 L 43 16 L 43 24 L 5 24 Z M 8 26 L 40 26 L 40 43 L 8 43 Z \
               M 22 16 L 22 24 L 26 24 L 26 16 Z M 22 26 L 22 43 L 26 43 L 26 26 Z",
        line: "M 24 15 C 14 15 12 5 18 5 C 23 5 24 12 24 15 C 24 12 25 5 30 5 C 36 5 34 15 24 15",
        words: &["gift", "voucher", "prize", "선물", "상품권", "경품"],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[track_caller]
    fn is_mark_of(word: &str, category: Option<&str>, title: &str) {
        let mark = mark_of(category, title).expect("it has a mark");
        assert!(mark.words.contains(&word), "{category:?}, {title}: {:?}", mark.words);
    }

    #[test]
    fn a_category_is_known_by_its_words_and_goes_before_the_title() {
        is_mark_of("book", Some("Books and maps"), "A lamp");
        is_mark_of("lamp", None, "Brass desk LAMP");
        is_mark_of("lamp", Some("Everything else"), "Brass desk lamps");
        is_mark_of("furnish", Some("Furnishings"), "");
        is_mark_of("책", Some("책과 지도"), "");
        is_mark_of("찻", None, "오래된 청자 찻사발");
        for (category, title) in [(Some("Artisan"), "Startled"), (None, ""), (Some("—"), "기타")] {
            assert_eq!(mark_of(category, title), None, "{category:?}, {title}");
        }
    }

    #[test]
    fn no_word_has_two_marks_and_none_is_empty() {
        let mut words = HashSet::new();
        for mark in MARKS.iter().chain([&GAVEL]) {
            assert!(!mark.fill.is_empty() || !mark.line.is_empty());
            for word in mark.words {
                assert!(words.insert(word) && *word == word.to_lowercase(), "{word}");
            }
        }
    }
}
