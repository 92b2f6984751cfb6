//! Which logo the house has: the pictures themselves lie in a table of their own.

/// The logo that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    /// Twelve digits of the hash of its pictures, which stand in their addresses.
    pub hash: String,
    /// The size of the banner, in pixels.
    pub width: u32,
    pub height: u32,
}

impl Logo {
    /// `0123456789ab 640x160`.
    pub(in crate::house) fn stored(&self) -> String {
        format!("{} {}x{}", self.hash, self.width, self.height)
    }

    /// Reads what [`Logo::stored`] wrote; none for a house without a logo.
    pub(super) fn parse(text: &str) -> Option<Logo> {
        let (hash, size) = text.split_once(' ')?;
        let (width, height) = size.split_once('x')?;
        Some(Logo { hash: hash.to_owned(), width: width.parse().ok()?, height: height.parse().ok()? })
    }

    /// The size at which the banner fits a box of this size; never larger than it is.
    pub fn within(&self, width: u32, height: u32) -> (u32, u32) {
        let high = height.min(self.height);
        let wide = self.width * high / self.height;
        if wide <= width {
            return (wide.max(1), high);
        }
        (width, (self.height * width / self.width).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_banner_keeps_its_ratio_in_any_box() {
        let logo = |width, height| Logo { hash: "0123456789ab".into(), width, height };
        for (size, shown) in
            [((640, 160), (224, 56)), ((160, 160), (56, 56)), ((640, 40), (260, 16)), ((40, 20), (40, 20))]
        {
            assert_eq!(logo(size.0, size.1).within(260, 56), shown);
        }
        let stored = logo(640, 160);
        assert_eq!(Logo::parse(&stored.stored()), Some(stored));
        assert_eq!(Logo::parse(""), None);
    }
}
