//! A client of one OpenID Connect provider: it sends a browser to the provider and makes of the code with which it comes
//! back what the provider says of somebody. Knows no desk and no pages: who that is here, and whether they may come in, is
//! not decided in this room.
//!
//! Authorisation code with PKCE, `state` and `nonce` (OpenID Connect Core 1.0 section 3.1, RFC 7636, RFC 9700). The
//! provider's document is read from its issuer (Discovery 1.0), its keys as that document says, anew when a token is signed
//! by one that is not known yet. An ID token is believed when its signature, `iss`, `aud`, `azp`, `exp`, `iat` and `nonce` are
//! right.
//!
//! The addresses that are called are the issuer's, which the operator gives, and those in the issuer's own document. Nothing
//! that a browser sends becomes an address. Redirects are not followed, answers are small or refused, and every call ends
//! within seconds.

mod fetch;
mod keys;
mod provider;
mod token;

pub use provider::{Ask, Options, Provider, challenge};
pub use token::Claims;

/// Why a provider did not say who somebody is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    /// A setting that cannot be.
    #[error("{0}")]
    Settings(String),
    /// The provider was not reached, or answered what cannot be read.
    #[error("the provider: {0}")]
    Provider(String),
    /// The provider refused the code.
    #[error("the provider refused the code: {0}")]
    Refused(String),
    /// The ID token is not to be believed.
    #[error("the ID token: {0}")]
    Token(&'static str),
}
