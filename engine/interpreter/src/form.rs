//! The values that a person submits, against the fields of the form.
//!
//! Browsers send text: a number or a boolean written as text becomes one. Values that belong to no field pass.

use crate::Variables;
use model::{FieldType, FormField};
use serde_json::Value;

/// The values as their fields' types, or which field is wrong and why.
pub fn check(fields: &[FormField], submitted: &Variables) -> Result<Variables, String> {
    let mut checked = submitted.clone();
    for field in fields {
        let is_empty = match checked.get(&field.name) {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) => text.is_empty(),
            Some(_) => false,
        };
        if is_empty && field.required {
            return Err(format!("`{}` is required", field.name));
        }
        if is_empty && field.field_type != FieldType::Text && field.field_type != FieldType::Multiline {
            checked.shift_remove(&field.name);
        } else if let Some(value) = checked.get_mut(&field.name).filter(|_| !is_empty) {
            let (typed, wanted) = typed(field, value);
            *value = typed.ok_or_else(|| format!("`{}` must be {wanted}", field.name))?;
        }
    }
    Ok(checked)
}

/// The value as the field's type, if it is one; and what it should be.
fn typed(field: &FormField, value: &Value) -> (Option<Value>, String) {
    let same = || value.clone();
    match field.field_type {
        FieldType::Text | FieldType::Multiline => (value.is_string().then(same), "text".into()),
        FieldType::Number => (number(value), "a number".into()),
        FieldType::Boolean => (boolean(value), "true or false".into()),
        FieldType::Date => (is_date(value).then(same), "a date (2027-03-01) or a date and time".into()),
        FieldType::Select => {
            let is_offered = field.options.is_empty()
                || value.as_str().is_some_and(|text| field.options.iter().any(|option| option == text));
            ((value.is_string() && is_offered).then(same), format!("one of {}", field.options.join(", ")))
        }
        FieldType::File => (is_file(value).then(same), "an uploaded file, or a list of them".into()),
        FieldType::Json => (Some(same()), String::new()),
    }
}

fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::String(text) => {
            let whole = text.trim().parse::<i64>().ok().map(Value::from);
            whole.or_else(|| serde_json::Number::from_f64(text.trim().parse().ok()?).map(Value::Number))
        }
        _ => None,
    }
}

fn boolean(value: &Value) -> Option<Value> {
    match value {
        Value::Bool(_) => Some(value.clone()),
        Value::String(text) => text.trim().to_lowercase().parse().ok().map(Value::Bool),
        _ => None,
    }
}

fn is_date(value: &Value) -> bool {
    value.as_str().is_some_and(|text| crate::time::at_date(text).is_ok())
}

fn is_file(value: &Value) -> bool {
    match value {
        Value::Object(file) => file.get("uri").is_some_and(Value::is_string),
        Value::Array(files) => files.iter().all(|file| file.is_object() && is_file(file)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check_one(field_type: FieldType, value: Value) -> Result<Value, String> {
        let options = vec!["a".to_owned(), "b".to_owned()];
        let field = FormField { name: "x".into(), label: None, field_type, required: true, options };
        let submitted = Variables::from_iter([("x".to_owned(), value)]);
        check(&[field], &submitted).map(|mut checked| checked.remove("x").unwrap_or_default())
    }

    #[test]
    fn text_becomes_the_type_of_its_field() {
        assert_eq!(check_one(FieldType::Number, json!("12")), Ok(json!(12)));
        assert_eq!(check_one(FieldType::Number, json!("1.5")), Ok(json!(1.5)));
        assert_eq!(check_one(FieldType::Boolean, json!("True")), Ok(json!(true)));
    }

    #[test]
    fn a_wrong_value_names_its_field() {
        assert_eq!(check_one(FieldType::Number, json!("twelve")), Err("`x` must be a number".into()));
        assert_eq!(check_one(FieldType::Select, json!("c")), Err("`x` must be one of a, b".into()));
        assert!(check_one(FieldType::Date, json!("soon")).is_err());
        assert!(check_one(FieldType::File, json!({"name": "a"})).is_err());
        assert_eq!(check_one(FieldType::Text, json!("")), Err("`x` is required".into()));
    }
}
