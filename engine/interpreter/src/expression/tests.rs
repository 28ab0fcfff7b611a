//! What the language means, rule by rule.

use super::*;
use serde_json::json;

struct Known(Value);

impl Scope for Known {
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.0.get(name).map(Cow::Borrowed)
    }

    fn now(&self) -> Timestamp {
        Timestamp(1_800_000_000_000)
    }
}

fn known() -> Known {
    Known(json!({
        "a": "x", "n": 3, "f": 3.0, "half": 0.5, "yes": true, "no": false, "nothing": null, "sly": "${n}",
        "order": {"total": 12, "lines": [{"sku": "A1"}, {"sku": "B2"}], "odd key": 1},
        "tags": ["red", "blue"], "größe": 7, "null_like": "null", "inf": 4, "and_then": 5,
    }))
}

fn value(text: &str) -> Result<Value, ExpressionError> {
    Expression::compile(text)?.evaluate(&known())
}

fn check(cases: &[(&str, Value)]) {
    for (text, expected) in cases {
        assert_eq!(value(text).as_ref(), Ok(expected), "{text}");
    }
}

fn code(text: &str) -> Option<&'static str> {
    value(text).err().map(|error| error.code.as_str())
}

#[test]
fn the_braces_may_stand_around_the_whole_or_a_part() {
    check(&[
        ("n > 2", json!(true)),
        ("${n > 2}", json!(true)),
        ("${a} == 'x'", json!(true)),
        ("${n} + ${n} * 2", json!(9)),
        ("  ${ n }  ", json!(3)),
        ("'${a}' == 'x'", json!(true)),
        ("\"n is ${n}\"", json!("n is 3")),
    ]);
}

#[test]
fn words_and_signs_of_several_languages_are_understood() {
    check(&[
        ("yes and not no", json!(true)),
        ("not n == 4 and yes", json!(true)),
        ("not (n == 3 or no)", json!(false)),
        ("yes && !no || no", json!(true)),
        ("True and not False", json!(true)),
        ("nothing == None", json!(true)),
        ("nothing is None and a is not None", json!(true)),
        ("a === 'x' and a !== \"y\"", json!(true)),
        ("not not yes", json!(true)),
        ("-n + 5 == 2 and 2 ^ -1 == half", json!(true)),
    ]);
}

#[test]
fn in_looks_into_lists_texts_and_objects() {
    check(&[
        ("'red' in tags", json!(true)),
        ("'green' not in tags and yes", json!(true)),
        ("n in [1, 2, 3]", json!(true)),
        ("'od' in 'body'", json!(true)),
        ("'total' in order", json!(true)),
        ("1 in []", json!(false)),
        ("not 'red' in tags or n + 1 in [4]", json!(true)),
        ("1 in missing", json!(false)),
    ]);
}

#[test]
fn paths_go_into_objects_and_lists_and_end_in_null() {
    check(&[
        ("order.total", json!(12)),
        ("order['odd key']", json!(1)),
        ("order.lines[1].sku", json!("B2")),
        ("order.lines[-1]['sku']", json!("B2")),
        ("order.lines[n - 3].sku", json!("A1")),
        ("order.nowhere.deeper", json!(null)),
        ("tags[99]", json!(null)),
        ("a.b", json!(null)),
        ("größe", json!(7)),
        ("[1, [2, 3]][1][0]", json!(2)),
        ("(order).total - 2", json!(10)),
    ]);
}

#[test]
fn a_name_is_never_taken_for_syntax() {
    check(&[("inf + 1", json!(5)), ("and_then", json!(5)), ("null_like", json!("null"))]);
    assert_eq!(value("sly"), Ok(json!("${n}")));
    assert_eq!(value("sly == '${' + 'n}'"), Err(value("sly == '${' + 'n}'").unwrap_err()));
}

#[test]
fn numbers_are_equal_by_value_and_stay_whole_where_they_can() {
    check(&[
        ("n == f", json!(true)),
        ("1 == 1.0", json!(true)),
        ("[1, 2] == [1.0, 2.0]", json!(true)),
        ("7 / 2", json!(3.5)),
        ("6 / 2", json!(3)),
        ("f + 1", json!(4)),
        ("7 % 4", json!(3)),
        ("2 ^ 10", json!(1024)),
        ("1e3 + 1.5", json!(1001.5)),
        ("9223372036854775807 + 1 > 9e18", json!(true)),
        ("'1' == 1", json!(false)),
    ]);
    assert_eq!(code("1 / 0"), Some("EXPRESSION_FAILED"));
    assert_eq!(code("1 % (n - 3)"), Some("EXPRESSION_FAILED"));
}

#[test]
fn texts_are_joined_and_values_rendered() {
    check(&[
        ("'No. ' + n", json!("No. 3")),
        ("a + 'y'", json!("xy")),
        (r"'it\'s'", json!("it's")),
        (r#""say \"hi\"""#, json!("say \"hi\"")),
        (r"matches('a1', '^\w\d$')", json!(true)),
    ]);
}

#[test]
fn null_is_neither_more_nor_less_and_equals_only_itself() {
    check(&[
        ("missing > 1", json!(false)),
        ("missing <= 1", json!(false)),
        ("missing == 'x'", json!(false)),
        ("missing == nothing", json!(true)),
        ("missing != null", json!(false)),
        ("missing and yes", json!(false)),
        ("not missing", json!(true)),
    ]);
    let missing = Expression::compile("missing").unwrap();
    assert_eq!(missing.is_true(&known()), Ok(false));
}

#[test]
fn functions_are_those_of_the_reference() {
    check(&[
        ("contains(tags, 'red') and contains('body', 'od')", json!(true)),
        ("starts_with(a + 'yz', 'xy') and ends_with('abc', 'bc')", json!(true)),
        ("len(tags) + len('größe') + len(order) + len(missing)", json!(10)),
        ("lower('AbC') + upper('AbC') + trim(' x ')", json!("abcABCx")),
        ("min(3, 1.5, 2)", json!(1.5)),
        ("max([1, n, 2])", json!(3)),
        ("abs(-3) + abs(-1.5)", json!(4.5)),
        ("round(2.5) + floor(-1.5) + ceil(1.2)", json!(3)),
        ("round(1.23456, 2)", json!(1.23)),
        ("default(missing, 5) + default(n, 0)", json!(8)),
        ("now()", json!("2027-01-15T08:00:00Z")),
        ("len(trim(lower(' A ')))", json!(1)),
    ]);
    assert_eq!(code("len()"), Some("EXPRESSION_SYNTAX"));
    assert_eq!(code("exec('rm')"), Some("EXPRESSION_SYNTAX"));
    assert_eq!(code("math::ln(3)"), Some("EXPRESSION_SYNTAX"));
    assert_eq!(code("at(order, 'total')"), Some("EXPRESSION_SYNTAX"));
    assert_eq!(code("matches(a, '(a{1,1000}){1,1000}')"), Some("EXPRESSION_FAILED"));
}

#[test]
fn what_is_no_expression_is_refused_when_it_is_compiled() {
    for text in [
        "",
        "   ",
        "${}",
        "n >",
        "> n",
        "n n",
        "(n",
        "n)",
        "n = 3",
        "n; n",
        "[1",
        "1, 2",
        "(1, 2)",
        "a..b",
        "'open",
        "n ? 1 : 2",
        "a[]",
        "f(1,)",
        "f(,1)",
        "len(1",
        "3x",
        "not",
        "n and",
        "${n",
        "a.5",
        "// x",
        "1 /* x */",
        "1 < n < 5",
        "1 in tags == yes",
        "not in tags",
        "n += 1",
        "{",
        "#",
    ] {
        assert_eq!(code(text), Some("EXPRESSION_SYNTAX"), "{text:?}");
    }
}

#[test]
fn feel_follows_an_equals_sign() {
    check(&[
        ("= n > 2 and order.total > n", value("${n > 2 and order.total > n}").unwrap()),
        ("=for i in 1..3 return i * 2", json!([2, 4, 6])),
        ("= string(now()) = \"x\"", json!(false)),
        ("= missing.part", json!(null)),
    ]);
    for (text, expected) in [
        ("= n >", "EXPRESSION_SYNTAX"),
        ("= rm(1)", "EXPRESSION_SYNTAX"),
        ("=", "EXPRESSION_SYNTAX"),
        (
            "= (((((((((((((((((((((((((((((((((((((((((((((((((((1)))))))))))))))))))))))))))))))))))))))))))))))))))",
            "EXPRESSION_TOO_LARGE",
        ),
    ] {
        assert_eq!(code(text), Some(expected), "{text}");
    }
    assert_eq!(value("= for i in 1..10000000 return i").unwrap_err().code, ExpressionErrorCode::Failed);
    let reads = Expression::compile("= sum(items[price > limit]) + n").unwrap();
    assert_eq!(reads.variables().collect::<Vec<_>>(), ["items", "n"]);
}

#[test]
fn an_error_names_the_expression_and_the_variable() {
    let error = value("n + 1 > 0 and missing + 1 > 0").unwrap_err();
    assert_eq!(error.variable.as_deref(), Some("missing"));
    assert!(error.to_string().contains("`n + 1 > 0 and missing + 1 > 0`"), "{error}");
    assert!(error.to_string().contains("missing"), "{error}");
    assert_eq!(value("order.total > 'x'").unwrap_err().variable.as_deref(), Some("order"));
    assert_eq!(Expression::compile("n").unwrap().is_true(&known()).unwrap_err().variable.as_deref(), Some("n"));
}

#[test]
fn and_or_look_at_the_second_only_when_they_must() {
    check(&[("no and 1 / 0 > 1", json!(false)), ("yes or 1 / 0 > 1", json!(true))]);
}

#[test]
fn variables_are_listed_once() {
    let expression = Expression::compile("${a} == 'x' and order.total > n and len(a) in tags").unwrap();
    assert_eq!(expression.variables().collect::<Vec<_>>(), ["a", "order", "n", "tags"]);
}

/// Each of these made a parser of this family exhaust its stack or its time (which would end the process).
#[test]
fn no_size_or_depth_harms_the_process() {
    let repeat = |text: &str, times: usize| text.repeat(times);
    for text in [
        repeat("(", 100_000),
        repeat("(", 2000) + "1" + &repeat(")", 2000),
        repeat("!", 4000) + "yes",
        repeat("-", 4000) + "n",
        repeat("not ", 1000) + "yes",
        repeat("1+", 2000) + "1",
        repeat("[", 4000),
        "a".to_owned() + &repeat("[0]", 1000),
        "a".to_owned() + &repeat(".a", 1000),
        repeat("len(", 1000) + &repeat(")", 1000),
        repeat("${", 2000),
        repeat("1 in ", 300) + "tags",
        repeat("'${", 500),
    ] {
        let result = Expression::compile(&text);
        assert!(result.is_err(), "{}…", &text[..20]);
    }
    let widest = repeat("1+", 255) + "1";
    assert_eq!(value(&widest), Ok(json!(256)));
    let deepest = repeat("(", 60) + "1" + &repeat(")", 60);
    assert_eq!(value(&deepest), Ok(json!(1)));
    let minus = repeat("- ", 60) + "n";
    let ends =
        std::thread::Builder::new().stack_size(1 << 20).spawn(move || value(&minus).is_ok() && value(&widest).is_ok());
    assert!(ends.unwrap().join().unwrap());
}
