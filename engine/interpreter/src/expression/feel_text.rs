//! FEEL as an expression of a process: its names are the variables of the scope, its time is the command's.

use super::{ExpressionErrorCode, Fault, Scope};
use feel::FeelError;
use serde_json::Value;

pub(super) fn compile(text: &str) -> Result<feel::Expression, Fault> {
    feel::Expression::parse(text, &[]).map_err(fault)
}

pub(super) fn evaluate(compiled: &feel::Expression, scope: &dyn Scope) -> Result<Value, Fault> {
    let now = jiff::Timestamp::from_millisecond(scope.now().0).map_err(|error| Fault::failed(error.to_string()))?;
    let evaluation = feel::Evaluation::new(now);
    let variable = |name: &str| scope.variable(name).map(|value| feel::Value::from_json(&value));
    let value = compiled.evaluate(&variable, &evaluation).map_err(fault)?;
    value.to_json(&evaluation).map_err(fault)
}

fn fault(error: FeelError) -> Fault {
    let code = match error {
        FeelError::TooLong(_) | FeelError::TooDeep => ExpressionErrorCode::TooLarge,
        FeelError::Syntax { .. } | FeelError::NotAllowed(_) | FeelError::UnknownFunction(_) => {
            ExpressionErrorCode::Syntax
        }
        FeelError::TooMuchWork | FeelError::Result(_) | FeelError::Failed(_) => ExpressionErrorCode::Failed,
    };
    Fault::new(code, error.to_string())
}
