//! What may be typed. Values stay text here; [`crate::config`] reads them, so that an option, a variable and a line
//! of the file are judged alike.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};

pub(crate) use crate::command::connector::ConnectorArgs;
use crate::{Failure, say};

/// An open, self-hosted service desk. Without a command it serves on 127.0.0.1:8080 from ./frontdesk-data.
#[derive(Debug, Parser)]
#[command(name = "frontdesk", version)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) desk: DeskArgs,
    #[command(flatten, next_help_heading = "Options of serve, which need not be named")]
    pub(crate) serve: ServeArgs,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the desk (creates it on the first start)
    Serve(ServeArgs),
    /// Create the desk and print its first credentials, once
    Init(InitArgs),
    /// Print the effective settings and where each comes from
    Config(ConfigArgs),
    /// Issue, list and revoke credentials
    Credentials(CredentialsArgs),
    /// Fill a new desk with a believable company: creates the desk where there is none, refuses one that has requests
    Demo(DemoArgs),
    /// Take in a file of records: assets, products, users, requests, cis …; run again after a kill, it goes on
    Import(ImportArgs),
    /// Write the records of a module as CSV or as JSON lines
    Export(ExportArgs),
    /// Copy another desk into this one over the V3 API; run again after a kill, it goes on
    Migrate(MigrateArgs),
    /// The additional fields of requesters, with the ids by which the requester API knows them; also beside a running server
    RequesterFields(RequesterFieldsArgs),
    /// Write an archive of the whole desk, also while it is served
    Backup(BackupArgs),
    /// Make a desk of an archive in an empty place, on either engine
    Restore(RestoreArgs),
    /// Check the desk, or an archive: checksums, counts, the database's file, every reference
    Verify(VerifyArgs),
    /// Speak to a desk over its API, this one or one in the cloud: actions, lists, polling, bulk
    Connector(ConnectorArgs),
    /// Print what makes a shell complete commands, options and keys of actions
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

impl Command {
    /// The command's name, unless it is the one that serves.
    pub(crate) const fn is_not_serve(&self) -> Option<&'static str> {
        match self {
            Command::Serve(_) => None,
            Command::Init(_) => Some("init"),
            Command::Config(_) => Some("config"),
            Command::Credentials(_) => Some("credentials"),
            Command::Demo(_) => Some("demo"),
            Command::Import(_) => Some("import"),
            Command::Export(_) => Some("export"),
            Command::Migrate(_) => Some("migrate"),
            Command::RequesterFields(_) => Some("requester-fields"),
            Command::Backup(_) => Some("backup"),
            Command::Restore(_) => Some("restore"),
            Command::Verify(_) => Some("verify"),
            Command::Connector(_) => Some("connector"),
            Command::Completions { .. } => Some("completions"),
        }
    }
}

/// Which desk, and how it is logged: options of every command.
#[derive(Debug, Default, Args)]
pub(crate) struct DeskArgs {
    /// The configuration file [default: frontdesk.toml, if there is one]
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<String>,
    /// Where data and attachments live [default: ./frontdesk-data]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) data_dir: Option<String>,
    /// A PostgreSQL database instead of SQLite, postgres://…
    #[arg(long, value_name = "URL", global = true)]
    pub(crate) database_url: Option<String>,
    /// MiB of the database that are kept in memory, at most; SQLite only [default: 72]
    #[arg(long, value_name = "MIB", global = true)]
    pub(crate) memory_mib: Option<String>,
    /// What to log: a level, or levels by target as in info,store=debug [default: info]
    #[arg(long, value_name = "LEVELS", global = true)]
    pub(crate) log: Option<String>,
    /// How to log: text or json [default: text]
    #[arg(long, value_name = "FORMAT", global = true)]
    pub(crate) log_format: Option<String>,
}

/// How to serve, and how a new desk begins.
#[derive(Debug, Default, Args)]
pub(crate) struct ServeArgs {
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) listen: Option<String>,
    /// The address people reach the desk by, when it is not the one it listens on
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// A certificate chain in PEM; serves HTTPS; read again on SIGHUP
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_cert: Option<String>,
    /// The certificate's private key in PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key: Option<String>,
    /// Fill a new desk with a believable company of N requests
    #[arg(long, value_name = "N")]
    pub(crate) demo: Option<String>,
    /// The administrator of a new desk [default: admin@frontdesk.local]
    #[arg(long, value_name = "EMAIL")]
    pub(crate) admin_email: Option<String>,
    /// The company's name on a new desk [default: Frontdesk]
    #[arg(long, value_name = "NAME")]
    pub(crate) company: Option<String>,
    /// Connections at one time; more wait in the system's queue [default: 10000]
    #[arg(long, value_name = "N")]
    pub(crate) max_connections: Option<String>,
    /// Connections at one time from one address, unless it is a trusted proxy's; more are closed [default: 5000]
    #[arg(long, value_name = "N")]
    pub(crate) max_connections_per_address: Option<String>,
    /// Seconds a client may take to send a request's head [default: 30]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) header_timeout_s: Option<String>,
    /// Seconds a connection may stay silent between requests [default: 75]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) idle_timeout_s: Option<String>,
    /// Seconds a request's body may pause [default: 60]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) body_timeout_s: Option<String>,
    /// MiB of large bodies and files on their way in that are held in memory at one time; more wait [default: 256]
    #[arg(long, value_name = "MIB")]
    pub(crate) bodies_mib: Option<String>,
    /// Seconds running requests get to finish when the desk stops [default: 30]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) stop_timeout_s: Option<String>,
    /// Reading calls a minute of each key of the requester API; 0 is no limit [default: 500]
    #[arg(long, value_name = "N")]
    pub(crate) requester_reads_per_minute: Option<String>,
    /// Writing calls a minute of each key of the requester API, a list being one; 0 is no limit [default: 300]
    #[arg(long, value_name = "N")]
    pub(crate) requester_writes_per_minute: Option<String>,
    /// Load balancers whose X-Forwarded-For is believed: addresses and networks, with commas between
    #[arg(long, value_name = "ADDRESSES")]
    pub(crate) trusted_proxies: Option<String>,
    /// Hours between backups that are written while the desk is served; 0 for none [default: none]
    #[arg(long, value_name = "HOURS")]
    pub(crate) backup_every_h: Option<String>,
    /// Where backups are written [default: backups in the data directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) backup_dir: Option<String>,
    /// How many backups are kept [default: 7]
    #[arg(long, value_name = "N")]
    pub(crate) backup_keep: Option<String>,
    /// How many MiB a backup reads in a second; 0 for as many as it can [default: 50]
    #[arg(long, value_name = "MIB")]
    pub(crate) backup_mib_per_s: Option<String>,
    /// The OpenID Connect provider by which people may sign in, https://…
    #[arg(long, value_name = "URL")]
    pub(crate) sso_issuer: Option<String>,
    /// The desk's client id at the provider; its secret is FRONTDESK_SSO_CLIENT_SECRET, or in a file
    #[arg(long, value_name = "ID")]
    pub(crate) sso_client_id: Option<String>,
    /// A file with the desk's client secret at the provider
    #[arg(long, value_name = "FILE")]
    pub(crate) sso_client_secret_file: Option<String>,
    /// What the button of single sign-on says
    #[arg(long, value_name = "TEXT")]
    pub(crate) sso_button: Option<String>,
    /// By what people of the provider are found the first time: email, if the provider has verified it, or subject [default: email]
    #[arg(long, value_name = "HOW")]
    pub(crate) sso_match: Option<String>,
    /// Whether whoever is not found becomes a requester: true or false [default: false]
    #[arg(long, value_name = "TRUE|FALSE")]
    pub(crate) sso_create_requesters: Option<String>,
}

/// Options of `init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) new: NewDeskArgs,
}

/// How a desk begins that is created without being served.
#[derive(Debug, Args)]
pub(crate) struct NewDeskArgs {
    /// The administrator of a new desk [default: admin@frontdesk.local]
    #[arg(long, value_name = "EMAIL")]
    pub(crate) admin_email: Option<String>,
    /// The company's name on a new desk [default: Frontdesk]
    #[arg(long, value_name = "NAME")]
    pub(crate) company: Option<String>,
}

/// Options of `config`: those of `serve`, to see what they would do.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// How many requests
    #[arg(value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub(crate) n: u64,
    /// The same seed gives the same company
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) new: NewDeskArgs,
}

/// Options of `import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// What the rows are: assets, products, users, cis, relationships, requests, problems, or another plural of the API
    pub(crate) module: String,
    /// The file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The type of the CIs, such as ci_computer
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) ci_type: Option<String>,
    /// csv or ndjson [default: as the file's name says, else csv]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,
    /// What stands between the cells of a CSV file; \t for a tab
    #[arg(long, value_name = "CHARACTER", default_value = ",")]
    pub(crate) delimiter: String,
    /// A file that says which column is which field, and what is the same in every row
    #[arg(long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,
    /// The field by which rows find their record, which they then edit: barcode, email_id, id …
    #[arg(long = "match", value_name = "FIELD")]
    pub(crate) key: Option<String>,
    /// Say what would be done, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Begin with the first row, although an earlier run of the same file was stopped on the way
    #[arg(long)]
    pub(crate) from_start: bool,
    /// Empty cells empty the fields; without it they say nothing
    #[arg(long)]
    pub(crate) clear_empty: bool,
    /// Write a line for each row that is refused: row, line, field, reason
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// As whom [default: the first administrator]
    #[arg(long = "as", value_name = "EMAIL")]
    pub(crate) user: Option<String>,
}

/// Options of `export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// What is to be written: assets, products, users, cis, relationships, requests, problems, or another plural of the API
    pub(crate) module: String,
    /// The type of the CIs, such as ci_computer
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) ci_type: Option<String>,
    /// csv or ndjson [default: as the name of the output says, else csv]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,
    /// Which records: the search_criteria of the API, as JSON
    #[arg(long, value_name = "JSON")]
    pub(crate) criteria: Option<String>,
    /// Which fields, with commas between [default: every stored field]
    #[arg(long, value_delimiter = ',', value_name = "FIELDS")]
    pub(crate) fields: Vec<String>,
    /// Also what is in the trash, deleted or inactive
    #[arg(long)]
    pub(crate) with_deleted: bool,
    /// Where to [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// As whom [default: the first administrator]
    #[arg(long = "as", value_name = "EMAIL")]
    pub(crate) user: Option<String>,
}

/// Options of `migrate`.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 all is here, 1 something is not or differs, 2 it cannot be asked so.")]
pub(crate) struct MigrateArgs {
    /// The desk to copy: a profile that frontdesk connector connect made, or an address with FRONTDESK_CONNECTOR_KEY, or with …_CLIENT_ID,
    /// …_CLIENT_SECRET and …_REFRESH_TOKEN, beside it
    #[arg(long, value_name = "PROFILE|URL", global = true)]
    pub(crate) from: Option<String>,
    /// One of its portals, when an address is given
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) portal: Option<String>,
    /// Calls per second at most [default: no limit]
    #[arg(long, value_name = "N", global = true)]
    pub(crate) rate: Option<f64>,
    /// Calls at once
    #[arg(long, value_name = "N", default_value_t = 8, global = true,
        value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) concurrency: u16,
    /// Go on taking over what changes there, every so many seconds, until stopped
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "60")]
    pub(crate) follow: Option<u64>,
    /// As whom here [default: the first administrator]
    #[arg(long = "as", value_name = "EMAIL", global = true)]
    pub(crate) user: Option<String>,
    #[command(subcommand)]
    pub(crate) action: Option<MigrateAction>,
}

/// What else can be done with a copy.
#[derive(Debug, Subcommand)]
pub(crate) enum MigrateAction {
    /// Compare both desks field by field, and print each difference
    Verify,
    /// Print what could not be taken over as it was, and why
    Remarks,
}

/// Options of `requester-fields`.
#[derive(Debug, Args)]
pub(crate) struct RequesterFieldsArgs {
    /// Print JSON, in the form that apply takes
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// As whom [default: the first administrator]
    #[arg(long = "as", value_name = "EMAIL", global = true)]
    pub(crate) user: Option<String>,
    #[command(subcommand)]
    pub(crate) action: FieldAction,
}

/// What to do with the additional fields of requesters.
#[derive(Debug, Subcommand)]
pub(crate) enum FieldAction {
    /// List them in the order in which they are shown
    List,
    /// Make one
    Add {
        /// Its id; a free one where this is missing
        #[arg(long)]
        id: Option<i64>,
        /// text, dropdown, multi_select, date or number
        #[arg(long = "type", value_name = "TYPE")]
        kind: String,
        #[command(flatten)]
        field: FieldArgs,
    },
    /// Change one; what is not said stays
    Change {
        /// Its id, as list shows it
        id: i64,
        #[command(flatten)]
        field: FieldArgs,
    },
    /// Remove one, and what people have in it
    Remove {
        /// Its id, as list shows it
        id: i64,
    },
    /// Make and change fields as a JSON file says, a list of {"id", "name", "type", "mandatory", "options"}: those known by id,
    /// or without one by name, are changed, others made, all shown in the order of the file
    Apply {
        /// The file; - is standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// What may be said of a field.
#[derive(Debug, Args)]
pub(crate) struct FieldArgs {
    /// What people call it
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Whether requesters must have it
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "true|false")]
    pub(crate) mandatory: Option<bool>,
    /// An option, all of which are named in their order: Sales, or 7=Sales with an id. May be repeated
    #[arg(long = "option", value_name = "[ID=]NAME")]
    pub(crate) options: Vec<String>,
    /// The place at which it is shown, from 1 on
    #[arg(long, value_name = "PLACE")]
    pub(crate) order: Option<u32>,
}

/// Options of `backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The archive's file, in place of one named after the time in the folder of backups
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The folder of backups [default: backups in the data directory]
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    pub(crate) backup_dir: Option<String>,
    /// How many MiB to read in a second; 0 for as many as it can [default: 50]
    #[arg(long, value_name = "MIB")]
    pub(crate) mib_per_s: Option<u64>,
}

/// Options of `restore`.
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The archive
    #[arg(value_name = "FILE")]
    pub(crate) archive: PathBuf,
}

/// Options of `verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// An archive; without one the desk itself is checked
    #[arg(value_name = "FILE")]
    pub(crate) archive: Option<PathBuf>,
    /// Compare the checksums of an archive only, and do not make a desk of it for the check
    #[arg(long)]
    pub(crate) quick: bool,
}

/// Options of `credentials`.
#[derive(Debug, Args)]
pub(crate) struct CredentialsArgs {
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) kind: CredentialKind,
}

/// The kinds of credential.
#[derive(Debug, Subcommand)]
pub(crate) enum CredentialKind {
    /// Passwords of administrators for the sign-in page
    #[command(subcommand)]
    AdminPassword(Action<AdminPassword>),
    /// OAuth clients
    #[command(subcommand)]
    OauthClient(Action<OauthClient>),
    /// Codes a self client exchanges for tokens
    #[command(subcommand)]
    SelfClientCode(Action<SelfClientCode>),
    /// OAuth refresh tokens
    #[command(subcommand)]
    RefreshToken(Action<RefreshToken>),
    /// Technician keys, sent as authtoken or TECHNICIAN_KEY
    #[command(subcommand)]
    TechnicianKey(Action<TechnicianKey>),
    /// Keys of the HappyFox face
    #[command(subcommand)]
    HappyfoxKey(HappyfoxAction),
}

/// What to do with a kind of credential.
#[derive(Debug, Subcommand)]
pub(crate) enum Action<I: Args> {
    /// Issue one; the secret is shown once
    Issue(I),
    /// List them, without their secrets
    List,
    /// Revoke one; it stops working within a second, also on a running server
    Revoke {
        /// Its id, as list shows it
        id: String,
    },
}

/// What to do with keys of the HappyFox face.
#[derive(Debug, Subcommand)]
pub(crate) enum HappyfoxAction {
    /// Issue one; the code is shown once
    Issue(HappyfoxKey),
    /// List them, without their codes
    List,
    /// Let one rest: it stops working within a second, until it is enabled again
    Disable {
        /// The key, as list shows it
        id: String,
    },
    /// Let one that rests work again
    Enable {
        /// The key, as list shows it
        id: String,
    },
    /// Revoke one for good; it stops working within a second, also on a running server
    Revoke {
        /// The key, as list shows it
        id: String,
    },
}

/// Options of `admin-password issue`.
#[derive(Debug, Args)]
pub(crate) struct AdminPassword {
    /// Which administrator's password [default: the first administrator's]
    #[arg(long, value_name = "EMAIL")]
    pub(crate) email: Option<String>,
    /// Make this user an active administrator first: the way back when nobody is one. On SQLite with the server stopped
    #[arg(long, requires = "email")]
    pub(crate) restore: bool,
}

/// Options of `oauth-client issue`.
#[derive(Debug, Args)]
pub(crate) struct OauthClient {
    /// The name people see when they consent
    #[arg(long)]
    pub(crate) name: String,
    /// Where a server-based client receives its codes; without one it is a self client. May be repeated
    #[arg(long, value_name = "URL")]
    pub(crate) redirect_uri: Vec<String>,
}

/// Options of `self-client-code issue`.
#[derive(Debug, Args)]
pub(crate) struct SelfClientCode {
    /// The client that will exchange the code
    #[arg(long)]
    pub(crate) client_id: String,
    /// Scopes, separated by commas, such as SDPOnDemand.requests.ALL
    #[arg(long, value_delimiter = ',', required = true)]
    pub(crate) scope: Vec<String>,
    /// For whom [default: the first administrator]
    #[arg(long, value_name = "EMAIL")]
    pub(crate) user: Option<String>,
    /// Minutes until it expires, 1 to 10
    #[arg(long, default_value_t = 10)]
    pub(crate) minutes: u64,
}

/// Options of `refresh-token issue`.
#[derive(Debug, Args)]
pub(crate) struct RefreshToken {
    /// The client that will use it
    #[arg(long)]
    pub(crate) client_id: String,
    /// Scopes, separated by commas [default: everything]
    #[arg(long, value_delimiter = ',')]
    pub(crate) scope: Vec<String>,
    /// For whom [default: the first administrator]
    #[arg(long, value_name = "EMAIL")]
    pub(crate) user: Option<String>,
}

/// Options of `technician-key issue`.
#[derive(Debug, Args)]
pub(crate) struct TechnicianKey {
    /// For which technician [default: the first administrator]
    #[arg(long, value_name = "EMAIL")]
    pub(crate) user: Option<String>,
}

/// Options of `happyfox-key issue`.
#[derive(Debug, Args)]
pub(crate) struct HappyfoxKey {
    /// What the history calls it, such as the name of the program that uses it
    #[arg(long, default_value = "Issued on the command line")]
    pub(crate) name: String,
    /// For whom [default: the first administrator]
    #[arg(long, value_name = "EMAIL")]
    pub(crate) user: Option<String>,
}

/// Values given as options, by the key of their setting.
pub(crate) type Options = Vec<(&'static str, String)>;

impl DeskArgs {
    /// The settings among these options. `--config` is none: it says where settings are.
    pub(crate) fn options(&self) -> Options {
        let DeskArgs { config: _, data_dir, database_url, memory_mib, log, log_format } = self;
        given([
            ("data_dir", data_dir),
            ("database_url", database_url),
            ("memory_mib", memory_mib),
            ("log", log),
            ("log_format", log_format),
        ])
    }
}

impl ServeArgs {
    /// The settings among these options: all of them.
    pub(crate) fn options(&self) -> Options {
        let ServeArgs {
            listen,
            public_url,
            tls_cert,
            tls_key,
            demo,
            admin_email,
            company,
            max_connections,
            max_connections_per_address,
            header_timeout_s,
            idle_timeout_s,
            body_timeout_s,
            bodies_mib,
            stop_timeout_s,
            requester_reads_per_minute,
            requester_writes_per_minute,
            trusted_proxies,
            backup_every_h,
            backup_dir,
            backup_keep,
            backup_mib_per_s,
            sso_issuer,
            sso_client_id,
            sso_client_secret_file,
            sso_button,
            sso_match,
            sso_create_requesters,
        } = self;
        given([
            ("listen", listen),
            ("public_url", public_url),
            ("tls_cert", tls_cert),
            ("tls_key", tls_key),
            ("demo", demo),
            ("admin_email", admin_email),
            ("company", company),
            ("max_connections", max_connections),
            ("max_connections_per_address", max_connections_per_address),
            ("header_timeout_s", header_timeout_s),
            ("idle_timeout_s", idle_timeout_s),
            ("body_timeout_s", body_timeout_s),
            ("bodies_mib", bodies_mib),
            ("stop_timeout_s", stop_timeout_s),
            ("requester_reads_per_minute", requester_reads_per_minute),
            ("requester_writes_per_minute", requester_writes_per_minute),
            ("trusted_proxies", trusted_proxies),
            ("backup_every_h", backup_every_h),
            ("backup_dir", backup_dir),
            ("backup_keep", backup_keep),
            ("backup_mib_per_s", backup_mib_per_s),
            ("sso_issuer", sso_issuer),
            ("sso_client_id", sso_client_id),
            ("sso_client_secret_file", sso_client_secret_file),
            ("sso_button", sso_button),
            ("sso_match", sso_match),
            ("sso_create_requesters", sso_create_requesters),
        ])
    }
}

impl BackupArgs {
    /// The settings among these options.
    pub(crate) fn options(&self) -> Options {
        given([("backup_dir", &self.backup_dir)])
    }
}

impl NewDeskArgs {
    /// The settings among these options.
    pub(crate) fn options(&self) -> Options {
        given([("admin_email", &self.admin_email), ("company", &self.company)])
    }
}

fn given<const N: usize>(options: [(&'static str, &Option<String>); N]) -> Options {
    options.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))).collect()
}

/// Reads the command line. Help and version are printed here and end the process well.
pub(crate) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Option<Cli>, Failure> {
    match Cli::try_parse_from(arguments) {
        Ok(cli) => Ok(Some(cli)),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                say::out(error.render().to_string().trim_end());
                Ok(None)
            }
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                Err(Failure::usage("a command is missing; see --help"))
            }
            _ => Err(Failure::usage(one_line(&error.render().to_string()))),
        },
    }
}

/// clap explains itself over several lines, ending in the usage; we keep what is wrong and what to try, on one line.
fn one_line(rendered: &str) -> String {
    let parts: Vec<&str> = rendered
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .filter(|line| !line.is_empty())
        .collect();
    let text = parts.join(" ").replace(" tip: ", "; ");
    format!("{}; see --help", text.strip_prefix("error: ").unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::config::{SPECS, Shown};

    fn failure(arguments: &[&str]) -> String {
        let arguments = std::iter::once("frontdesk").chain(arguments.iter().copied()).map(OsString::from);
        read(arguments).expect_err("refused").to_string()
    }

    #[test]
    fn every_setting_has_its_option_and_every_option_its_setting() {
        Cli::command().debug_assert();
        let cli = Cli::command();
        let serve = cli.find_subcommand("serve").expect("serve");
        let mut options: Vec<String> = cli
            .get_arguments()
            .chain(serve.get_arguments())
            .filter_map(|argument| argument.get_long().map(|long| long.replace('-', "_")))
            .filter(|key| !["config", "help", "version"].contains(&key.as_str()))
            .collect();
        let open = SPECS.iter().filter(|spec| spec.shown != Shown::Secret);
        let mut settings: Vec<String> = open.map(|spec| spec.key.to_owned()).collect();
        // Options of serve are there twice: with its name and without.
        for argument in serve.get_arguments().filter(|a| !["help", "version"].contains(&a.get_id().as_str()))
        {
            assert!(cli.get_arguments().any(|a| a.get_long() == argument.get_long()), "{argument}");
        }
        options.sort();
        options.dedup();
        settings.sort();
        assert_eq!(options, settings);
    }

    #[test]
    fn a_wrong_option_is_one_line() {
        let text = failure(&["serve", "--listn", "x"]);
        assert_eq!(
            text,
            "unexpected argument '--listn' found; a similar argument exists: '--listen'; see --help"
        );
        assert!(!failure(&["init", "--frobnicate"]).contains('\n'));
        assert!(!failure(&["demo"]).contains('\n'));
        assert!(!failure(&["credentials", "oauth-client", "issue"]).contains('\n'));
        assert!(!failure(&["nonsense"]).contains('\n'));
    }

    #[test]
    fn serve_need_not_be_named() {
        let options = |arguments: &[&str]| {
            let arguments = std::iter::once("frontdesk").chain(arguments.iter().copied()).map(OsString::from);
            read(arguments).expect("accepted").expect("a command line").serve.options()
        };
        let listen = vec![("listen", "a:1".to_owned())];
        assert_eq!(options(&["--listen", "a:1"]), listen);
        assert_eq!(options(&["--listen", "a:1", "serve"]), listen);
        assert_eq!(options(&["serve", "--listen", "a:1"]), vec![]);
    }

    #[test]
    fn options_of_the_desk_go_anywhere() {
        for arguments in [
            ["frontdesk", "--data-dir", "d", "credentials", "technician-key", "list"],
            ["frontdesk", "credentials", "technician-key", "list", "--data-dir", "d"],
        ] {
            let cli = read(arguments.map(OsString::from)).expect("accepted").expect("a command");
            assert_eq!(cli.desk.options(), vec![("data_dir", "d".to_owned())]);
        }
    }
}
