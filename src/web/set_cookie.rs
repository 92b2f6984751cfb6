//! The house's own cookies, as a browser is told to keep them: by their name and path alone it keeps them from other
//! hosts and sites.

/// How this browser reaches the house: over TLS or not, and under which path of its host (`/auction`; empty where it
/// has the host for itself).
#[derive(Clone, Copy)]
pub struct Way<'a> {
    pub tls: bool,
    pub base: &'a str,
}

impl Way<'_> {
    /// Behind TLS with the prefix that only this very host can set, over TLS (RFC 6265bis, 4.1.3): `__Host-` asks for
    /// `Path=/`, `__Secure-` for none.
    pub fn name(self, plain: &str) -> String {
        match (self.tls, self.base.is_empty()) {
            (false, _) => plain.to_owned(),
            (true, true) => format!("__Host-{plain}"),
            (true, false) => format!("__Secure-{plain}"),
        }
    }

    /// The header's value. A life of 0 s ends the cookie.
    pub fn cookie(self, name: &str, value: &str, life_s: i64) -> String {
        let secure = if self.tls { "; Secure" } else { "" };
        format!("{name}={value}; Path={}; Max-Age={life_s}; HttpOnly; SameSite=Lax{secure}", self.path())
    }

    pub fn path(self) -> String {
        format!("{}/", self.base)
    }
}
