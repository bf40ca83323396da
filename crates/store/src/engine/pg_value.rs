//! Values on the wire to and from PostgreSQL.

use super::Value;
use bytes::BytesMut;
use std::error::Error;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

/// A value on its way in. It takes the shape that the statement asks for, as SQLite's column affinity does.
#[derive(Debug)]
pub(super) struct Bound<'a>(pub &'a Value);

type Refusal = Box<dyn Error + Sync + Send>;

impl ToSql for Bound<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Refusal> {
        match self.0 {
            Value::Null => Ok(IsNull::Yes),
            Value::Bool(b) => match *ty {
                Type::BOOL => b.to_sql(ty, out),
                _ => whole(i64::from(*b), ty, out),
            },
            Value::Int(n) => match *ty {
                Type::BOOL => (*n != 0).to_sql(ty, out),
                _ => whole(*n, ty, out),
            },
            Value::Double(d) => match *ty {
                Type::FLOAT8 => d.to_sql(ty, out),
                #[expect(clippy::cast_possible_truncation, reason = "the column is that narrow")]
                Type::FLOAT4 => (*d as f32).to_sql(ty, out),
                _ if is_text(ty) => d.to_string().to_sql(&Type::TEXT, out),
                _ => Err(refused("a number with a fraction", ty)),
            },
            Value::Text(text) => match *ty {
                Type::JSONB => {
                    out.extend_from_slice(&[1]); // the version of the format
                    text.to_sql(&Type::TEXT, out)
                }
                Type::JSON => text.to_sql(&Type::TEXT, out),
                _ if is_text(ty) => text.to_sql(&Type::TEXT, out),
                _ => Err(refused("a text", ty)),
            },
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn whole(n: i64, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Refusal> {
    match *ty {
        Type::INT8 => n.to_sql(ty, out),
        Type::INT4 => i32::try_from(n)?.to_sql(ty, out),
        Type::INT2 => i16::try_from(n)?.to_sql(ty, out),
        #[expect(clippy::cast_precision_loss, reason = "SQLite's REAL affinity does the same")]
        Type::FLOAT8 => (n as f64).to_sql(ty, out),
        #[expect(clippy::cast_precision_loss, reason = "SQLite's REAL affinity does the same")]
        Type::FLOAT4 => (n as f32).to_sql(ty, out),
        _ if is_text(ty) => n.to_string().to_sql(&Type::TEXT, out),
        _ => Err(refused("a whole number", ty)),
    }
}

fn is_text(ty: &Type) -> bool {
    matches!(*ty, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN)
}

fn refused(what: &str, ty: &Type) -> Refusal {
    format!("{what} does not fit where {ty} is wanted").into()
}

/// A value on its way out.
pub(super) struct Cell(pub Value);

impl<'a> FromSql<'a> for Cell {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Refusal> {
        Ok(Self(match *ty {
            Type::BOOL => Value::Bool(bool::from_sql(ty, raw)?),
            Type::INT8 => Value::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => Value::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT2 => Value::Int(i16::from_sql(ty, raw)?.into()),
            Type::FLOAT8 => Value::Double(f64::from_sql(ty, raw)?),
            Type::FLOAT4 => Value::Double(f32::from_sql(ty, raw)?.into()),
            Type::JSON => Value::Text(String::from_sql(&Type::TEXT, raw)?),
            Type::JSONB => Value::Text(String::from_sql(&Type::TEXT, raw.get(1..).unwrap_or_default())?),
            _ if is_text(ty) => Value::Text(String::from_sql(&Type::TEXT, raw)?),
            _ => return Err(format!("a column of type {ty} cannot be read; cast it in the query").into()),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Refusal> {
        Ok(Self(Value::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
