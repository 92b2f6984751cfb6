//! Looks up the hosts of push services, and refuses those whose addresses the house must not send to. The connection goes
//! to the very addresses that were looked at, so a name that changes its mind in between leads nowhere else.

use crate::house::settings::keys::PushPrivate;
use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// The words of the refusal.
pub const PRIVATE: &str = "leads to a private address, which the setting push_private does not allow";

/// What the setting `push_private` allows, shared with the resolver of every connection.
#[derive(Clone, Debug, Default)]
pub struct Allowed(Arc<AtomicU8>);

impl Allowed {
    pub fn set(&self, private: PushPrivate) {
        self.0.store(private as u8, Ordering::Relaxed);
    }

    fn get(&self) -> PushPrivate {
        let all = [PushPrivate::No, PushPrivate::Loopback, PushPrivate::Yes];
        all.into_iter()
            .find(|known| *known as u8 == self.0.load(Ordering::Relaxed))
            .unwrap_or(PushPrivate::No)
    }
}

/// The system's resolver, of whose answers every address must be allowed.
#[derive(Debug)]
pub struct Guarded<R> {
    pub allowed: Allowed,
    pub resolver: R,
}

impl Guarded<DefaultResolver> {
    pub fn of(allowed: Allowed) -> Guarded<DefaultResolver> {
        Guarded { allowed, resolver: DefaultResolver::default() }
    }
}

impl<R: Resolver> Resolver for Guarded<R> {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.resolver.resolve(uri, config, timeout)?;
        let (is_https, private) = (uri.scheme_str() == Some("https"), self.allowed.get());
        let is_allowed = |address: &SocketAddr| private.allows(is_https, address.ip());
        match found.iter().all(is_allowed) {
            true => Ok(found),
            false => Err(ureq::Error::Io(Error::new(ErrorKind::PermissionDenied, PRIVATE))),
        }
    }
}

/// Whether an error is the refusal of an address.
pub fn is_refusal(error: &ureq::Error) -> bool {
    matches!(error, ureq::Error::Io(error) if error.kind() == ErrorKind::PermissionDenied && error.to_string() == PRIVATE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers as a name server of somebody else's might.
    #[derive(Debug)]
    struct Fixed(&'static [&'static str]);

    impl Resolver for Fixed {
        fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
            let mut found = self.empty();
            self.0.iter().for_each(|address| found.push(SocketAddr::new(address.parse().unwrap(), 443)));
            Ok(found)
        }
    }

    #[test]
    fn a_name_that_leads_to_a_private_address_among_others_is_refused() {
        use PushPrivate::{Loopback, No, Yes};
        for (url, addresses, allowed) in [
            ("https://push.example.org/x", &["8.8.8.8"][..], &[No, Loopback, Yes][..]),
            ("https://push.example.org/x", &["8.8.8.8", "2606:4700::1111"], &[No, Loopback, Yes]),
            ("https://push.example.org/x", &["8.8.8.8", "10.0.0.1"], &[Yes]),
            ("https://push.example.org/x", &["::ffff:192.168.0.1"], &[Yes]),
            ("https://push.example.org/x", &["127.0.0.1"], &[Yes]),
            ("https://push.example.org/x", &["169.254.169.254"], &[Yes]),
            ("http://localhost/x", &["127.0.0.1", "::1"], &[Loopback, Yes]),
            ("http://localhost/x", &["127.0.0.1", "10.0.0.1"], &[]),
            ("http://localhost/x", &["8.8.8.8"], &[]),
        ] {
            for private in [No, Loopback, Yes] {
                let guarded = Guarded { allowed: Allowed::default(), resolver: Fixed(addresses) };
                guarded.allowed.set(private);
                let found =
                    guarded.resolve(&url.parse().unwrap(), &Config::default(), NextTimeout::default());
                assert_eq!(found.is_ok(), allowed.contains(&private), "{url} {addresses:?} {private:?}");
                assert!(found.err().is_none_or(|error| is_refusal(&error)));
            }
        }
    }
}
