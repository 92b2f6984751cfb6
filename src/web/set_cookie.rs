//! How cookies of the house are named and scoped: by their name and path a browser keeps them from other hosts and
//! sites.

/// Where a cookie applies, which is how its browser reaches the house: over TLS or not, and under which path of its
/// host (such as `/auction`; empty where the house has the host for itself).
#[derive(Clone, Copy)]
pub struct CookieScope<'a> {
    pub tls: bool,
    pub base: &'a str,
}

impl CookieScope<'_> {
    /// Returns the name of a cookie: behind TLS with a prefix that can only be set over TLS (RFC 6265bis, 4.1.3).
    /// `__Host-` also requires `Path=/`, so a house under a path uses `__Secure-`.
    pub fn name(self, plain: &str) -> String {
        match (self.tls, self.base.is_empty()) {
            (false, _) => plain.to_owned(),
            (true, true) => format!("__Host-{plain}"),
            (true, false) => format!("__Secure-{plain}"),
        }
    }

    /// Returns the value of `Set-Cookie`. A life of 0 s removes the cookie.
    pub fn cookie(self, name: &str, value: &str, life_s: i64) -> String {
        let secure = if self.tls { "; Secure" } else { "" };
        format!("{name}={value}; Path={}; Max-Age={life_s}; HttpOnly; SameSite=Lax{secure}", self.path())
    }

    pub fn path(self) -> String {
        format!("{}/", self.base)
    }
}
