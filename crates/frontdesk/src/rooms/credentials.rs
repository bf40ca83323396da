//! What is ordered about credentials, and what comes of it: the contract between the command line and identity.

/// The kinds of credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An administrator's password; its id is the e-mail address.
    AdminPassword,
    /// An OAuth client; its id is the client id.
    OauthClient,
    /// A code that a self client exchanges for tokens.
    SelfClientCode,
    /// An OAuth refresh token.
    RefreshToken,
    /// A technician key.
    TechnicianKey,
    /// A pair of HappyFox key and code; its id is the key.
    HappyfoxKey,
}

/// What to do.
#[derive(Debug)]
pub(crate) enum Order {
    /// Issue one.
    Issue(Issue),
    /// List those of a kind, without secrets.
    List(Kind),
    /// Revoke one by its id.
    Revoke(Kind, String),
    /// Disable a HappyFox key until it is enabled.
    Disable(String),
    /// Enable a HappyFox key that was disabled.
    Enable(String),
}

/// What to issue. An absent user is the first administrator.
#[derive(Debug)]
pub(crate) enum Issue {
    /// A new password in place of the old one; ends the user's sessions. `restore` makes the user an active
    /// administrator first.
    AdminPassword { email: Option<String>, restore: bool },
    /// A client; without redirect URIs a self client.
    OauthClient { name: String, redirect_uris: Vec<String> },
    /// A code.
    SelfClientCode { client_id: String, scopes: Vec<String>, user: Option<String>, minutes: u64 },
    /// A token; without scopes, for everything.
    RefreshToken { client_id: String, scopes: Vec<String>, user: Option<String> },
    /// A key.
    TechnicianKey { user: Option<String> },
    /// A key and its code.
    HappyfoxKey { user: Option<String>, name: String },
}

impl Order {
    /// Whether it changes more than credentials. A server keeps people in memory and would not see it.
    pub(crate) const fn changes_people(&self) -> bool {
        matches!(self, Order::Issue(Issue::AdminPassword { restore: true, .. }))
    }
}

/// What came of an order.
#[derive(Debug)]
pub(crate) enum Issued {
    /// Issued: names and values to show once, in this order, such as `client_id` and `client_secret`.
    Secrets(Vec<(&'static str, String)>),
    /// Listed.
    List(Vec<Listed>),
    /// Revoked, disabled or enabled.
    Done,
    /// There is none with this id.
    Unknown,
}

/// One credential in a list.
#[derive(Debug)]
pub(crate) struct Listed {
    /// What `revoke` takes.
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) user: String,
    /// Anything else worth knowing: name, scopes, expiry.
    pub(crate) detail: String,
    /// When it was issued, as text.
    pub(crate) created: String,
}
