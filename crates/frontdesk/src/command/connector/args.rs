//! What may be typed behind `frontdesk connector`.

use super::output::Format;
use ::connector::catalogue;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Options and commands of `connector`.
#[derive(Debug, Args)]
#[command(after_help = super::EXIT_CODES, subcommand_required = true)]
pub(crate) struct ConnectorArgs {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Which desk is spoken to, and how.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// The profile, as connect made it [default: the default one; FRONTDESK_CONNECTOR_URL with …_KEY needs none]
    #[arg(long, short, value_name = "NAME", env = "FRONTDESK_CONNECTOR_PROFILE", global = true)]
    pub(super) profile: Option<String>,
    /// Show each call on standard error, secrets masked
    #[arg(long, global = true)]
    pub(super) debug: bool,
    /// Calls per second at most [default: no limit]
    #[arg(long, value_name = "N", global = true)]
    pub(super) rate: Option<f64>,
    /// How often a call is tried again where that is safe
    #[arg(long, value_name = "N", default_value_t = 8, global = true)]
    pub(super) retries: u32,
    /// How long one call may take, tries and pauses together
    #[arg(long, value_name = "SECONDS", default_value_t = 300, global = true)]
    pub(super) deadline: u64,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the actions, data sources and the trigger
    Actions(ActionsArgs),
    /// Tell all about one of them, or about a kind of connection: inputs, defaults, examples
    Describe(DescribeArgs),
    /// Run an action
    Run(RunArgs),
    /// List the records of a data source to choose from
    Source(SourceArgs),
    /// Tell of new and changed records, as JSON lines or to a webhook
    Poll(PollArgs),
    /// Make a profile: where a desk is, and a credential for it
    Connect(ConnectArgs),
    /// List, check and remove profiles
    Profiles(ProfilesArgs),
    /// Run an action once for each row of a file; run again after a kill, it goes on
    Bulk(BulkArgs),
}

/// Options of `actions`.
#[derive(Debug, Args)]
pub(super) struct ActionsArgs {
    /// Only those whose key or label contains this
    pub(super) words: Option<String>,
    /// table or json
    #[arg(long, short, value_enum, default_value_t = Form::Table, value_name = "FORMAT")]
    pub(super) format: Form,
}

/// Options of `describe`.
#[derive(Debug, Args)]
pub(super) struct DescribeArgs {
    /// createAsset, selectAsset, pollChangesTrigger, sdp-oauth2 …
    #[arg(value_name = "KEY", value_parser = Keys(Which::All))]
    pub(super) key: String,
    /// table or json
    #[arg(long, short, value_enum, default_value_t = Form::Table, value_name = "FORMAT")]
    pub(super) format: Form,
}

/// For people or for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    Table,
    Json,
}

/// Options of `run`.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// The action, as actions lists it
    #[arg(value_name = "KEY", value_parser = Keys(Which::Actions))]
    pub(super) key: String,
    /// An input; several for inputs that are lists; additionalFields.priority=High reaches into objects; @FILE takes the
    /// value from a file
    #[arg(long = "input", short, value_name = "NAME=VALUE")]
    pub(super) inputs: Vec<String>,
    /// All inputs as one JSON object; - for standard input
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    #[command(flatten)]
    pub(super) out: Out,
    /// Save the file of downloadAttachment here
    #[arg(long, value_name = "FILE")]
    pub(super) save: Option<PathBuf>,
}

/// How answers are shown.
#[derive(Debug, Args)]
pub(super) struct Out {
    /// json is the whole answer; the others are its records
    #[arg(long, short, value_enum, default_value_t = Format::Json, value_name = "FORMAT")]
    pub(super) format: Format,
    /// Only these fields of the records, such as id,subject,requester.email_id; not with json
    #[arg(long, value_delimiter = ',', value_name = "FIELDS")]
    pub(super) fields: Vec<String>,
    /// Where to [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

/// Options of `source`.
#[derive(Debug, Args)]
pub(super) struct SourceArgs {
    /// selectAsset, selectProblem or selectRequest
    #[arg(value_name = "KEY", value_parser = Keys(Which::Sources))]
    pub(super) key: String,
    /// Only records whose label contains this
    #[arg(long, value_name = "TEXT")]
    pub(super) search: Option<String>,
    #[command(flatten)]
    pub(super) out: Out,
}

/// Options of `poll`.
#[derive(Debug, Args)]
pub(super) struct PollArgs {
    /// requests, problems or assets
    #[arg(long, value_name = "NAME", default_value = "requests", value_parser = ["requests", "problems", "assets"])]
    pub(super) resource: String,
    /// Tell of changed records, too
    #[arg(long)]
    pub(super) updated: bool,
    /// Do not tell of new records
    #[arg(long, requires = "updated")]
    pub(super) no_created: bool,
    /// Where the first poll begins: 2026-01-31T14:00:00Z or milliseconds [default: now]
    #[arg(long, value_name = "TIME")]
    pub(super) since: Option<String>,
    /// Read each record as a whole
    #[arg(long)]
    pub(super) whole: bool,
    /// Look once and end
    #[arg(long)]
    pub(super) once: bool,
    /// The pause between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) every: u64,
    /// Where it is kept what was told [default: a file of the profile and the resource]
    #[arg(long, value_name = "FILE")]
    pub(super) state: Option<PathBuf>,
    /// Send events to this address instead of printing them; FRONTDESK_CONNECTOR_WEBHOOK_TOKEN is its bearer token
    #[arg(long, value_name = "URL")]
    pub(super) webhook: Option<String>,
}

/// Options of `connect`.
#[derive(Debug, Args)]
#[command(
    after_help = "Secrets are asked for at a prompt, or read from standard input where that is no terminal, one a line, or \
    taken from FRONTDESK_CONNECTOR_KEY, …_CLIENT_SECRET, …_CODE and …_REFRESH_TOKEN. They are no options: other users of a \
    machine can read those."
)]
pub(super) struct ConnectArgs {
    /// The profile's name
    pub(super) name: String,
    /// The desk: a data center of the cloud (us, eu, in, cn, au, jp, ca, uk, sa) or an address, https://desk.example.com
    #[arg(long, value_name = "WHERE")]
    pub(super) url: String,
    /// The portal, where it is not the default one
    #[arg(long, value_name = "NAME")]
    pub(super) portal: Option<String>,
    /// Connect by a technician's key
    #[arg(long, conflicts_with_all = ["client_id", "code", "refresh_token", "scopes", "port"])]
    pub(super) key: bool,
    /// Connect as this OAuth client: a person consents in the browser, unless --code or --refresh-token is given
    #[arg(long, value_name = "ID", required_unless_present = "key")]
    pub(super) client_id: Option<String>,
    /// Exchange the code of a self client, which is asked for
    #[arg(long, conflicts_with = "refresh_token")]
    pub(super) code: bool,
    /// Use a refresh token that is there already, which is asked for
    #[arg(long)]
    pub(super) refresh_token: bool,
    /// What the client may do, with commas between [default: all that the actions need]
    #[arg(long, value_name = "SCOPES")]
    pub(super) scopes: Option<String>,
    /// Where people consent [default: follows the data center]
    #[arg(long, value_name = "URL")]
    pub(super) authorize_url: Option<String>,
    /// Where tokens come from [default: follows the data center]
    #[arg(long, value_name = "URL")]
    pub(super) token_url: Option<String>,
    /// The port of this machine that the browser comes back to; http://127.0.0.1:PORT/callback must be a redirect URI of the client
    #[arg(long, value_name = "PORT", default_value_t = 7919)]
    pub(super) port: u16,
}

/// What to do with profiles.
#[derive(Debug, Args)]
pub(super) struct ProfilesArgs {
    #[command(subcommand)]
    pub(super) order: Option<ProfileOrder>,
}

/// Orders about profiles.
#[derive(Debug, Subcommand)]
pub(super) enum ProfileOrder {
    /// List them, without their secrets; this is the default
    List,
    /// Make one the default
    Use {
        /// Its name
        name: String,
    },
    /// Ask the desk whether it lets the profile in
    Check {
        /// Its name [default: the default one]
        name: Option<String>,
    },
    /// Remove one with its tokens and the states of its polls
    Remove {
        /// Its name
        name: String,
    },
}

/// Options of `bulk`.
#[derive(Debug, Args)]
pub(super) struct BulkArgs {
    /// The action, as actions lists it
    #[arg(value_name = "KEY", value_parser = Keys(Which::Actions))]
    pub(super) key: String,
    /// A CSV file whose columns are inputs, or a file of JSON lines, each an object of inputs
    #[arg(long, value_name = "FILE")]
    pub(super) from: PathBuf,
    /// csv or ndjson [default: as the file's name says, else csv]
    #[arg(long, value_name = "FORMAT", value_parser = ["csv", "ndjson"])]
    pub(super) format: Option<String>,
    /// What stands between the cells of a CSV file; \t for a tab
    #[arg(long, value_name = "CHARACTER", default_value = ",")]
    pub(super) delimiter: String,
    /// A file that says which column is which input ([columns]) and what is the same in every row ([defaults])
    #[arg(long, value_name = "FILE")]
    pub(super) map: Option<PathBuf>,
    /// A column that is an input of another name; an empty one passes the column over
    #[arg(long, value_name = "COLUMN=INPUT")]
    pub(super) column: Vec<String>,
    /// An input that is the same in every row that does not give it
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) set: Vec<String>,
    /// How many calls at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) concurrency: u16,
    /// What became of each row, one JSON line each; a run that was stopped goes on by it [default: FILE.KEY.report]
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,
    /// Begin with the first row, although an earlier run of the same file was stopped on the way
    #[arg(long)]
    pub(super) from_start: bool,
    /// Send again what an earlier run had sent without hearing what became of it, at the risk of doing it twice
    #[arg(long)]
    pub(super) repeat_uncertain: bool,
    /// Check every row and send nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// Keys of the catalogue: completed by shells, and judged by the command, which says it in fewer words than a list of all.
#[derive(Clone, Copy, Debug)]
struct Keys(Which);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Actions,
    Sources,
    All,
}

impl TypedValueParser for Keys {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let actions = catalogue::actions().map(|action| PossibleValue::new(action.key).help(action.help));
        let sources = catalogue::DATA_SOURCES.iter().map(|s| PossibleValue::new(s.key).help(s.help));
        let rest = catalogue::CONNECTIONS.iter().map(|c| PossibleValue::new(c.key).help(c.label));
        let trigger =
            std::iter::once(PossibleValue::new(catalogue::TRIGGER.key).help(catalogue::TRIGGER.help));
        Some(match self.0 {
            Which::Actions => Box::new(actions),
            Which::Sources => Box::new(sources),
            Which::All => Box::new(actions.chain(sources).chain(trigger).chain(rest)),
        })
    }
}
