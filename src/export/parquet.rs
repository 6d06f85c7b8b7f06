//! Apache Parquet, zstd, a row group for every 250,000 cells. Numbers are DECIMAL(38,9) of 16 bytes, big-endian two's complement;
//! a number with more digits is nothing there, and stands in `text` as printed.

use std::io::Write;
use std::sync::Arc;

use ::parquet::basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel};
use ::parquet::data_type::{BoolType, ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use ::parquet::schema::types::Type;
use rusqlite::Connection;

use super::Fault;
use super::table::{self, Cell, Column, Kind, Shape};
use crate::dataset::Wanted;

/// Cells held in memory until their row group is written.
const GROUP: usize = 250_000;
const PRECISION: i32 = 38;
const SCALE: usize = 9;

pub fn write(
    connection: &Connection,
    wanted: &Wanted,
    shape: Shape,
    out: &mut (dyn Write + Send),
) -> Result<u64, Fault> {
    let columns = shape.columns();
    let level = ZstdLevel::try_new(3).map_err(fault)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_created_by(concat!("gongkai version ", env!("CARGO_PKG_VERSION")).into())
        .build();
    let schema = Arc::new(schema(shape, &columns).map_err(fault)?);
    let mut file = SerializedFileWriter::new(out, schema, Arc::new(properties)).map_err(fault)?;
    let mut group: Vec<Gathered> = columns.iter().map(|column| Gathered::new(column.kind)).collect();
    let mut waiting = 0;
    let count = table::rows(connection, wanted, shape, &mut |row| {
        for (gathered, cell) in group.iter_mut().zip(row) {
            gathered.push(cell);
        }
        waiting += 1;
        if waiting * columns.len() >= GROUP {
            waiting = 0;
            flush(&mut file, &mut group).map_err(fault)?;
        }
        Ok(())
    })?;
    if waiting > 0 {
        flush(&mut file, &mut group).map_err(fault)?;
    }
    file.close().map_err(fault)?;
    Ok(count)
}

fn fault(fault: ParquetError) -> Fault {
    match fault {
        // What failed below Parquet is told as itself.
        ParquetError::External(cause) => match cause.downcast::<std::io::Error>() {
            Ok(source) => Fault::Write(*source),
            Err(cause) => Fault::Write(std::io::Error::other(cause)),
        },
        other => Fault::Write(std::io::Error::other(other)),
    }
}

fn schema(shape: Shape, columns: &[Column]) -> Result<Type, ParquetError> {
    let fields = columns.iter().map(|column| {
        let physical = match column.kind {
            Kind::Text => Physical::BYTE_ARRAY,
            Kind::Integer => Physical::INT64,
            Kind::Boolean => Physical::BOOLEAN,
            Kind::Decimal => Physical::FIXED_LEN_BYTE_ARRAY,
        };
        let field = Type::primitive_type_builder(&column.name, physical).with_repetition(Repetition::OPTIONAL);
        let field = match column.kind {
            Kind::Text => field.with_logical_type(Some(LogicalType::String)),
            Kind::Decimal => field
                .with_logical_type(Some(LogicalType::decimal(SCALE as i32, PRECISION)))
                .with_length(16)
                .with_precision(PRECISION)
                .with_scale(SCALE as i32),
            Kind::Integer | Kind::Boolean => field,
        };
        Ok(Arc::new(field.build()?))
    });
    let fields = fields.collect::<Result<Vec<_>, ParquetError>>()?;
    Type::group_type_builder(shape.as_str()).with_fields(fields).build()
}

/// The cells of one column until their row group is written: those that are there, and for each row whether it has one.
struct Gathered {
    levels: Vec<i16>,
    cells: Cells,
}

enum Cells {
    Text(Vec<ByteArray>),
    Integer(Vec<i64>),
    Boolean(Vec<bool>),
    Decimal(Vec<FixedLenByteArray>),
}

impl Gathered {
    fn new(kind: Kind) -> Gathered {
        let cells = match kind {
            Kind::Text => Cells::Text(Vec::new()),
            Kind::Integer => Cells::Integer(Vec::new()),
            Kind::Boolean => Cells::Boolean(Vec::new()),
            Kind::Decimal => Cells::Decimal(Vec::new()),
        };
        Gathered { levels: Vec::new(), cells }
    }

    fn push(&mut self, cell: &Cell<'_>) {
        let there = match (&mut self.cells, cell) {
            (Cells::Text(texts), Cell::Text(text)) => {
                texts.push(ByteArray::from(text.as_bytes().to_vec()));
                true
            }
            (Cells::Integer(numbers), Cell::Integer(number)) => {
                numbers.push(*number);
                true
            }
            (Cells::Boolean(flags), Cell::Boolean(is)) => {
                flags.push(*is);
                true
            }
            (Cells::Decimal(numbers), Cell::Decimal(digits)) => match unscaled(digits) {
                Some(number) => {
                    numbers.push(FixedLenByteArray::from(number.to_be_bytes().to_vec()));
                    true
                }
                None => false,
            },
            _ => false,
        };
        self.levels.push(i16::from(there));
    }

    fn write(&self, column: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let levels = Some(self.levels.as_slice());
        match &self.cells {
            Cells::Text(texts) => column.typed::<ByteArrayType>().write_batch(texts, levels, None),
            Cells::Integer(numbers) => column.typed::<Int64Type>().write_batch(numbers, levels, None),
            Cells::Boolean(flags) => column.typed::<BoolType>().write_batch(flags, levels, None),
            Cells::Decimal(numbers) => column.typed::<FixedLenByteArrayType>().write_batch(numbers, levels, None),
        }
        .map(drop)
    }

    fn clear(&mut self) {
        self.levels.clear();
        match &mut self.cells {
            Cells::Text(texts) => texts.clear(),
            Cells::Integer(numbers) => numbers.clear(),
            Cells::Boolean(flags) => flags.clear(),
            Cells::Decimal(numbers) => numbers.clear(),
        }
    }
}

fn flush<W: Write + Send>(file: &mut SerializedFileWriter<W>, group: &mut [Gathered]) -> Result<(), ParquetError> {
    let mut writer = file.next_row_group()?;
    for gathered in group {
        let Some(mut column) = writer.next_column()? else { break };
        gathered.write(&mut column)?;
        column.close()?;
        gathered.clear();
    }
    writer.close().map(drop)
}

/// The decimal in billionths, where it has no more than 29 digits before the point and nine after.
fn unscaled(digits: &str) -> Option<i128> {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, digits),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty()
        || whole.len() > PRECISION as usize - SCALE
        || fraction.len() > SCALE
        || !plain(whole)
        || !plain(fraction)
    {
        return None;
    }
    format!("{whole}{fraction:0<SCALE$}").parse::<i128>().ok().map(|number| sign * number)
}

#[cfg(test)]
mod tests {
    use super::unscaled;

    #[test]
    fn decimals_are_exact_or_nothing() {
        for (digits, number) in [
            ("152", Some(152_000_000_000)),
            ("-18", Some(-18_000_000_000)),
            ("5949.088667", Some(5_949_088_667_000)),
            ("0.1234567891", None),
            ("99999999999999999999999999999", Some(99_999_999_999_999_999_999_999_999_999_000_000_000)),
            ("100000000000000000000000000000", None),
            ("1e5", None),
            ("", None),
        ] {
            assert_eq!(unscaled(digits), number, "{digits}");
        }
    }
}
