//! The kinds of connection and their inputs.

use super::input::{Input, Kind};
use crate::connection::{AUTHORIZE_URL, DEFAULT_SCOPES, OAUTH, TECHNICIAN_KEY, TOKEN_URL};

/// A kind of connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConnectionKind {
    /// Its stable name.
    pub key: &'static str,
    /// What people read.
    pub label: &'static str,
    /// What it is for.
    pub help: &'static str,
    /// What it asks for.
    pub inputs: &'static [Input],
}

const DATA_CENTER: Input = Input {
    key: "dataCenter",
    label: "Data Center",
    required: true,
    choices: &[
        ("https://sdpondemand.manageengine.com", "United States"),
        ("https://sdpondemand.manageengine.eu", "Europe"),
        ("https://sdpondemand.manageengine.in", "India"),
        ("https://servicedeskplus.cn", "China"),
        ("https://servicedeskplus.net.au", "Australia"),
        ("https://servicedeskplus.jp", "Japan"),
        ("https://servicedeskplus.ca", "Canada"),
        ("https://servicedeskplus.uk", "United Kingdom"),
        ("https://servicedeskplus.sa", "Saudi Arabia"),
    ],
    help: "Where the desk is: a data center of the cloud by value, label or short name (us, eu …), or the origin of \
           any other desk, such as https://desk.example.com",
    ..Input::TEXT
};

const PORTAL: Input = Input {
    key: "portal",
    label: "Portal",
    example: Some("itdesk"),
    help: "The portal's name or number in the address; without it the default portal",
    ..Input::TEXT
};

/// The kinds of connection.
pub const CONNECTIONS: &[ConnectionKind] = &[
    ConnectionKind {
        key: OAUTH,
        label: "ServiceDesk Plus OAuth 2.0",
        help: "An OAuth 2.0 client: somebody consents in the browser, or a self client's code or a refresh token is \
               there already",
        inputs: &[
            Input {
                key: "authorizeUrl",
                label: "Authorize URL",
                required: true,
                default: Some(AUTHORIZE_URL),
                help: "Where people consent. The default follows the data center",
                ..Input::TEXT
            },
            Input {
                key: "tokenUrl",
                label: "Token URL",
                required: true,
                default: Some(TOKEN_URL),
                help: "Where tokens come from. The default follows the data center",
                ..Input::TEXT
            },
            Input {
                key: "scopes",
                label: "Scopes",
                required: true,
                default: Some(DEFAULT_SCOPES),
                help: "What the client may do, with commas or spaces between. The default covers neither requests \
                       nor problems: add SDPOnDemand.requests.ALL and SDPOnDemand.problems.ALL for those",
                ..Input::TEXT
            },
            Input {
                key: "clientId",
                label: "Client ID",
                required: true,
                help: "The client's id, from the API console",
                ..Input::TEXT
            },
            Input {
                key: "clientSecret",
                label: "Client Secret",
                kind: Kind::Password,
                required: true,
                help: "The client's secret",
                ..Input::TEXT
            },
            DATA_CENTER,
            PORTAL,
            Input {
                key: "refreshToken",
                label: "Refresh Token",
                kind: Kind::Password,
                help: "A refresh token that is there already; then nobody needs to consent",
                ..Input::TEXT
            },
        ],
    },
    ConnectionKind {
        key: TECHNICIAN_KEY,
        label: "Technician Key",
        help: "A technician's API key, as desks on one's own premises and Frontdesk give it",
        inputs: &[
            DATA_CENTER,
            Input {
                key: "technicianKey",
                label: "Technician Key",
                kind: Kind::Password,
                required: true,
                help: "The key; it is sent in the header authtoken",
                ..Input::TEXT
            },
            PORTAL,
        ],
    },
];

/// The kind of connection with this key.
#[must_use]
pub fn connection(key: &str) -> Option<&'static ConnectionKind> {
    CONNECTIONS.iter().find(|kind| kind.key == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choices_are_the_data_centres() {
        let centres = crate::DATA_CENTRES.iter().map(|c| (c.api, c.label));
        assert!(centres.eq(DATA_CENTER.choices.iter().copied()));
    }
}
