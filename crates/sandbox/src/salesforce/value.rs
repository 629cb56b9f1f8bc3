use serde_json::{Number, Value, json};

use super::problem::Problem;
use super::schema::{Field, Kind};
use super::time::{parse_date, parse_datetime, stamp};

/// The longest text that a comment holds, in bytes where all other lengths are characters.
const MAX_COMMENT_BYTES: usize = 4000;

/// What a row keeps of a value in a body. References are only read here, not followed.
pub(super) fn stored(field: &Field, sent: &Value) -> Result<Value, Problem> {
    let value = match (&field.kind, sent) {
        (Kind::Boolean, Value::Bool(flag)) => json!(flag),
        (Kind::Boolean, Value::Null) => {
            return Err(Problem::bad(
                "INVALID_TYPE_ON_FIELD_IN_RECORD",
                format!("{}: value not of required type: ", field.label),
            )
            .on([&field.name]));
        }
        // An empty text is no value.
        (_, Value::Null) => Value::Null,
        (_, Value::String(text)) if text.is_empty() => Value::Null,
        (Kind::Date, Value::String(text)) => match parse_date(text) {
            Some(date) => json!(date.to_string()),
            None => return Err(cannot_read(sent, "date")),
        },
        (Kind::DateTime, Value::String(text)) => match parse_datetime(text) {
            Some(at) => json!(stamp(at)),
            None => return Err(cannot_read(sent, "datetime")),
        },
        (Kind::Int, sent) => whole(field, sent)?,
        (Kind::Double(digits, decimals), sent) => decimal(field, sent, *digits, *decimals)?,
        (Kind::Email, Value::String(text)) => email(field, text)?,
        (Kind::Picklist(picklist), Value::String(text)) => {
            if picklist.restricted && !picklist.values.contains(text) {
                return Err(Problem::bad(
                    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                    format!(
                        "{}: bad value for restricted picklist field: {text}",
                        field.label
                    ),
                )
                .on([&field.name]));
            }
            bounded(field, text)?
        }
        (
            Kind::Id
            | Kind::LongText(_)
            | Kind::Phone
            | Kind::Reference(_)
            | Kind::Text(_)
            | Kind::Url,
            Value::String(text),
        ) => bounded(field, text)?,
        (kind, sent) => return Err(cannot_read(sent, type_name(kind))),
    };
    Ok(value)
}

fn bounded(field: &Field, text: &str) -> Result<Value, Problem> {
    let (length, limit) = match field.name.as_str() {
        "CommentBody" => (text.len(), MAX_COMMENT_BYTES),
        // Characters as the vendor's platform counts them: in UTF-16.
        _ => (text.encode_utf16().count(), field.length()),
    };
    if length <= limit || matches!(field.kind, Kind::Id | Kind::Reference(_)) {
        return Ok(json!(text));
    }
    let message = format!(
        "{}: data value too large: {text} (max length={limit})",
        field.label
    );
    Err(Problem::bad("STRING_TOO_LONG", message).on([&field.name]))
}

fn email(field: &Field, text: &str) -> Result<Value, Problem> {
    let is_email = text.split_once('@').is_some_and(|(local, domain)| {
        let clean = |part: &str| !part.is_empty() && !part.contains(['@', ' ', ',', ';']);
        let dotted = domain.split('.').all(|label| !label.is_empty()) && domain.contains('.');
        clean(local) && clean(domain) && dotted
    });
    if is_email {
        return bounded(field, text);
    }
    let message = format!("{}: invalid email address: {text}", field.label);
    Err(Problem::bad("INVALID_EMAIL_ADDRESS", message).on([&field.name]))
}

fn whole(field: &Field, sent: &Value) -> Result<Value, Problem> {
    let number = match sent {
        Value::Number(number) => number.as_i64().or_else(|| {
            let float = number.as_f64()?;
            (float.fract() == 0.0).then_some(float as i64)
        }),
        _ => None,
    };
    let number = number.ok_or_else(|| cannot_read(sent, "int"))?;
    match i32::try_from(number) {
        Ok(number) => Ok(json!(number)),
        Err(_) => Err(out_of_range(field)),
    }
}

fn decimal(field: &Field, sent: &Value, digits: u32, decimals: u32) -> Result<Value, Problem> {
    let number = sent.as_f64().ok_or_else(|| cannot_read(sent, "double"))?;
    if number.abs() >= 10_f64.powi(digits as i32) {
        return Err(out_of_range(field));
    }
    let factor = 10_f64.powi(decimals as i32);
    let rounded = (number * factor).round() / factor;
    Ok(Number::from_f64(rounded).map_or(Value::Null, Value::Number))
}

fn out_of_range(field: &Field) -> Problem {
    let message = format!("{}: value outside of valid range", field.label);
    Problem::bad("NUMBER_OUTSIDE_VALID_RANGE", message).on([&field.name])
}

fn cannot_read(sent: &Value, wanted: &str) -> Problem {
    let (token, shown) = match sent {
        Value::String(text) => ("VALUE_STRING", text.clone()),
        Value::Number(number) if number.is_f64() => ("VALUE_NUMBER_FLOAT", number.to_string()),
        Value::Number(number) => ("VALUE_NUMBER_INT", number.to_string()),
        Value::Bool(true) => ("VALUE_TRUE", "true".to_owned()),
        Value::Bool(false) => ("VALUE_FALSE", "false".to_owned()),
        Value::Null => ("VALUE_NULL", "null".to_owned()),
        Value::Array(_) => ("START_ARRAY", "[".to_owned()),
        Value::Object(_) => ("START_OBJECT", "{".to_owned()),
    };
    Problem::json(format!(
        "Cannot deserialize instance of {wanted} from {token} value {shown} or request may be missing a required field"
    ))
}

/// A type's name in describes and messages.
pub(super) fn type_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Boolean => "boolean",
        Kind::Date => "date",
        Kind::DateTime => "datetime",
        Kind::Double(..) => "double",
        Kind::Email => "email",
        Kind::Id => "id",
        Kind::Int => "int",
        Kind::LongText(_) => "textarea",
        Kind::Phone => "phone",
        Kind::Picklist(_) => "picklist",
        Kind::Reference(_) => "reference",
        Kind::Text(_) => "string",
        Kind::Url => "url",
    }
}
