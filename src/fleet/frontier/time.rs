//! Times as PostgreSQL's `timestamptz`: its library knows those of the standard library.

use std::error::Error;
use std::time::SystemTime;

use jiff::Timestamp;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

#[derive(Clone, Copy, Debug)]
pub struct At(pub Timestamp);

impl ToSql for At {
    fn to_sql(&self, of: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        SystemTime::try_from(self.0)?.to_sql(of, out)
    }

    accepts!(TIMESTAMPTZ);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for At {
    fn from_sql(of: &Type, raw: &'a [u8]) -> Result<At, Box<dyn Error + Sync + Send>> {
        Ok(At(Timestamp::try_from(SystemTime::from_sql(of, raw)?)?))
    }

    accepts!(TIMESTAMPTZ);
}
