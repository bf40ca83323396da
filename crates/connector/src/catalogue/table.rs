//! The macros by which the tables of actions are written. One entry makes the row of the catalogue, the struct with
//! the typed inputs, and the function of [`Client`](crate::Client), so the three cannot differ.

use super::input::Input;
use serde_json::{Map, Value as Json};

/// An action as data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Action {
    /// Its stable name.
    pub key: &'static str,
    /// What people read.
    pub label: &'static str,
    /// What it does.
    pub help: &'static str,
    /// The HTTP method; empty where an input says it.
    pub method: &'static str,
    /// The path below the API's base, inputs in braces.
    pub path: &'static str,
    /// What kind of thing it does.
    pub does: Does,
    /// The member of the input and of the answer, such as `asset`; for configuration items it is the type's name.
    pub entity: &'static str,
    pub(crate) parts: &'static [&'static [Input]],
}

/// What kind of thing an action does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Adds a record.
    Create,
    /// Reads one record.
    Get,
    /// Reads many.
    List,
    /// Edits a record.
    Update,
    /// Removes one record, or several.
    Delete,
    /// Does something with a record.
    Operate,
    /// Moves a file.
    File,
    /// Whatever it is told.
    Raw,
}

impl Action {
    /// Its inputs, in the order of the documents.
    pub fn inputs(&self) -> impl Iterator<Item = &'static Input> + use<> {
        self.parts.iter().flat_map(|part| part.iter())
    }
    /// The input with this key.
    #[must_use]
    pub fn input(&self, key: &str) -> Option<&'static Input> {
        self.inputs().find(|input| input.key == key)
    }
    /// The member of the answer's `data` that holds what was asked for; `None` where there is only a status.
    #[must_use]
    pub fn answers(&self) -> Option<&'static str> {
        match self.does {
            Does::Delete | Does::Raw => None,
            _ if self.entity.is_empty() => None,
            _ => Some(self.entity),
        }
    }
}

/// Typed inputs of an action.
pub trait Inputs {
    /// The action.
    const ACTION: &'static Action;
    /// The inputs by key.
    fn into_inputs(self) -> Map<String, Json>;
}

/// A typed value as the value of an input; nothing where nothing was given.
pub(crate) trait IntoInput {
    fn into_input(self) -> Option<Json>;
}

impl IntoInput for String {
    fn into_input(self) -> Option<Json> {
        Some(Json::String(self))
    }
}
impl IntoInput for bool {
    fn into_input(self) -> Option<Json> {
        Some(Json::Bool(self))
    }
}
impl IntoInput for u32 {
    fn into_input(self) -> Option<Json> {
        Some(Json::from(self))
    }
}
impl IntoInput for Json {
    fn into_input(self) -> Option<Json> {
        Some(self).filter(|json| !json.is_null())
    }
}
impl<T: IntoInput> IntoInput for Option<T> {
    fn into_input(self) -> Option<Json> {
        self.and_then(T::into_input)
    }
}
impl IntoInput for Vec<String> {
    fn into_input(self) -> Option<Json> {
        (!self.is_empty()).then(|| Json::from(self))
    }
}
impl IntoInput for Vec<(String, Json)> {
    fn into_input(self) -> Option<Json> {
        let pair = |(key, value)| serde_json::json!({"key": key, "value": value});
        (!self.is_empty()).then(|| self.into_iter().map(pair).collect())
    }
}

/// The Rust type of an input.
macro_rules! input_type {
    (need $kind:ident) => { input_type!($kind) };
    (may list) => { Vec<String> };
    (may pairs) => { Vec<(String, serde_json::Value)> };
    (may $kind:ident) => { Option<input_type!($kind)> };
    (text) => { String };
    (count) => { u32 };
    (whole) => { u32 };
    (amount) => { String };
    (truth) => { bool };
    (flag) => { bool };
    (bytes) => { String };
    (list) => { Vec<String> };
    ($code:ident) => { serde_json::Value };
}

/// An input as data: its word in a table says kind, shape and collection.
macro_rules! input_row {
    ($need:ident $kind:ident $key:literal $label:literal $rest:expr) => {{
        use $crate::catalogue::input::{Collection, Input, Kind, Shape};
        let (kind, shape, collection) = input_row!($kind Kind Shape Collection);
        let required = input_row!($need);
        Input { key: $key, label: $label, kind, shape, collection, required, ..$rest }
    }};
    (need) => { true };
    (may) => { false };
    (text $k:ident $s:ident $c:ident) => { ($k::Text, $s::Plain, $c::One) };
    (count $k:ident $s:ident $c:ident) => { ($k::Text, $s::Count, $c::One) };
    (whole $k:ident $s:ident $c:ident) => { ($k::Text, $s::Whole, $c::One) };
    (amount $k:ident $s:ident $c:ident) => { ($k::Text, $s::Amount, $c::One) };
    (truth $k:ident $s:ident $c:ident) => { ($k::Text, $s::Truth, $c::One) };
    (bytes $k:ident $s:ident $c:ident) => { ($k::Text, $s::Bytes, $c::One) };
    (flag $k:ident $s:ident $c:ident) => { ($k::Boolean, $s::Plain, $c::One) };
    (list $k:ident $s:ident $c:ident) => { ($k::Text, $s::Plain, $c::List) };
    (pairs $k:ident $s:ident $c:ident) => { ($k::Text, $s::Plain, $c::Pairs) };
    (reference $k:ident $s:ident $c:ident) => { ($k::Code, $s::Reference, $c::One) };
    (time $k:ident $s:ident $c:ident) => { ($k::Code, $s::Time, $c::One) };
    (object $k:ident $s:ident $c:ident) => { ($k::Code, $s::Object, $c::One) };
    (json $k:ident $s:ident $c:ident) => { ($k::Code, $s::Json, $c::One) };
}

/// A struct of typed inputs and its rows.
macro_rules! inputs {
    ($help:literal $type:ident {
        $( $need:ident $kind:ident $field:ident $key:literal $label:literal = $rest:expr; )*
        $( .. $extra:ident: $extra_type:ident; )?
    }) => {
        #[doc = $help]
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $type {
            $(
                #[doc = concat!($label, " (`", $key, "`).")]
                pub $field: input_type!($need $kind),
            )*
            $(
                /// Which rows, and how.
                pub $extra: $extra_type,
            )?
        }
        impl $type {
            pub(crate) const ROWS: &'static [$crate::catalogue::Input] =
                &[ $( input_row!($need $kind $key $label $rest) ),* ];

            #[allow(unused_mut, unused_variables, reason = "some have no inputs")]
            pub(crate) fn put(self, mut map: serde_json::Map<String, serde_json::Value>)
                -> serde_json::Map<String, serde_json::Value>
            {
                $(
                    if let Some(value) = $crate::catalogue::table::IntoInput::into_input(self.$field) {
                        map.insert($key.to_owned(), value);
                    }
                )*
                $( let map = self.$extra.put(map); )?
                map
            }
        }
    };
}

/// A table of actions.
macro_rules! actions {
    ($(
        $help:literal
        $function:ident $type:ident $action_key:literal $action_label:literal
            $does:ident $method:literal $path:literal $entity:literal
        {
            $( $need:ident $kind:ident $field:ident $key:literal $label:literal = $rest:expr; )*
            $( .. $extra:ident: $extra_type:ident; )?
        }
    )+) => {
        /// The rows of this table.
        pub(crate) const ACTIONS: &[&$crate::catalogue::Action] = &[ $( <$type as $crate::catalogue::Inputs>::ACTION ),+ ];
        $(
            inputs! { $help $type {
                $( $need $kind $field $key $label = $rest; )*
                $( .. $extra: $extra_type; )?
            } }
            impl $crate::catalogue::Inputs for $type {
                const ACTION: &'static $crate::catalogue::Action = &$crate::catalogue::Action {
                    key: $action_key,
                    label: $action_label,
                    help: $help,
                    method: $method,
                    path: $path,
                    does: $crate::catalogue::Does::$does,
                    entity: $entity,
                    parts: &[$type::ROWS, $( $extra_type::ROWS, )? $crate::catalogue::common_of($action_key)],
                };
                fn into_inputs(self) -> serde_json::Map<String, serde_json::Value> {
                    self.put(serde_json::Map::new())
                }
            }
            impl $crate::Client {
                #[doc = $help]
                ///
                /// # Errors
                /// [`Error::Input`](crate::Error::Input) for inputs that cannot be; else those of the call.
                pub async fn $function(&self, inputs: $type) -> $crate::Result<serde_json::Value> {
                    self.perform(inputs).await
                }
            }
        )+
    };
}
