//! The language, its functions, and what may not be.

use super::*;
use serde_json::{Value as Json, json};

/// 2026-03-01T12:00:00Z
const NOW: i64 = 1_772_366_400_000;

fn evaluation() -> Evaluation {
    Evaluation::new(Timestamp::from_millisecond(NOW).unwrap())
}

fn evaluate(source: &str, known: &[&str], variables: &Json) -> Result<Json, FeelError> {
    let expression = Expression::parse(source, known)?;
    let evaluation = evaluation();
    let lookup = |name: &str| variables.get(name).map(Value::from_json);
    expression.evaluate(&lookup, &evaluation)?.to_json(&evaluation)
}

#[track_caller]
fn gives(source: &str, variables: Json, expected: Json) {
    assert_eq!(evaluate(source, &[], &variables), Ok(expected), "{source}");
}

/// Without variables, and compared in FEEL.
#[track_caller]
fn all_true(sources: &[&str]) {
    for source in sources {
        assert_eq!(evaluate(source, &[], &json!({})), Ok(json!(true)), "{source}");
    }
}

#[track_caller]
fn all_null(sources: &[&str]) {
    for source in sources {
        assert_eq!(evaluate(source, &[], &json!({})), Ok(json!(null)), "{source}");
    }
}

#[test]
fn expressions_of_the_language() {
    gives("x > 3 and y = \"a\"", json!({"x": 4, "y": "a"}), json!(true));
    gives("missing > 3", json!({}), json!(null));
    gives(
        "order.items[price > 10].name",
        json!({"order": {"items": [{"price": 5, "name": "a"}, {"price": 15, "name": "b"}]}}),
        json!(["b"]),
    );
    gives("for i in 1..3 return i * n", json!({"n": 2}), json!([2, 4, 6]));
    gives(
        "for i in 3..1, j in [\"a\", \"b\"] return string(i) + j",
        json!({}),
        json!(["3a", "3b", "2a", "2b", "1a", "1b"]),
    );
    gives("for i in 0..4 return if i = 0 then 1 else i * partial[-1]", json!({}), json!([1, 1, 2, 6, 24]));
    gives("some i in items satisfies i > 2", json!({"items": [1, 2, 3]}), json!(true));
    gives("every i in items satisfies i > 2", json!({"items": [1, 2, 3]}), json!(false));
    gives("if x in [1..5) then \"low\" else \"high\"", json!({"x": 5}), json!("high"));
    gives("{a: 1, b: a + 1}.b", json!({}), json!(2));
    gives("{double: function(n) n * 2, r: double(4)}.r", json!({}), json!(8));
    gives(
        "{f: function(n: number) if n < 2 then 1 else n * f(n - 1), r: f(20)}.r",
        json!({}),
        json!(2432902008176640000_i64),
    );
    gives("(function(a, b) a - b)(b: 1, a: 3)", json!({}), json!(2));
    gives("items[1] + items[-1]", json!({"items": [1, 2, 3]}), json!(4));
    gives("items[item > 1][1]", json!({"items": [1, 2, 3]}), json!(2));
    gives("sum(items) / count(items)", json!({"items": [1, 2, 6]}), json!(3));
    gives("sort(items, function(x, y) x > y)", json!({"items": [1, 3, 2]}), json!([3, 2, 1]));
    gives("0.1 + 0.2", json!({}), json!(0.3));
    gives("1 + 2 * 3 ** 2 - -4 / 2", json!({}), json!(21));
    gives("x between 1 and 3 and not(y)", json!({"x": 2, "y": false}), json!(true));
    gives("x instance of number and \"a\" instance of string", json!({"x": 2}), json!(true));
    gives("a.b.c // the end\n + /* one */ 1", json!({"a": {"b": {"c": 1}}}), json!(2));
    gives("`a-b` + 1", json!({"a-b": 1}), json!(2));
    gives("if a then 1 else if b then 2 else 3", json!({"b": true}), json!(2));
    gives("{\"a b\": 1, c: a b + 1}.c", json!({}), json!(2));
    gives("{a b: 1, c: a b + 1}.c", json!({}), json!(2));
    gives("[{a b: 1}, {a b: 2}][a b > 1].a b", json!({}), json!([2]));
    gives("1 + if true then 1 else 2", json!({}), json!(2));
}

#[test]
fn names_of_several_words_are_known_or_not_names() {
    let known = ["Monthly Salary", "Monthly Salary net", "a+b", "in stock"];
    let variables = json!({"Monthly Salary": 100, "Monthly Salary net": 60, "a+b": 5, "in stock": true});
    let evaluate = |source| evaluate(source, &known, &variables);
    assert_eq!(evaluate("Monthly Salary * 2"), Ok(json!(200)));
    assert_eq!(evaluate("Monthly   Salary net"), Ok(json!(60)));
    assert_eq!(evaluate("a+b + 1"), Ok(json!(6)));
    assert_eq!(evaluate("a + b"), Ok(json!(5)));
    assert_eq!(evaluate("if in stock then 1 else 2"), Ok(json!(1)));
    assert!(matches!(evaluate("Weekly Salary"), Err(FeelError::Syntax { at: 8, .. })));
}

#[test]
fn null_is_unknown() {
    gives("null and false", json!({}), json!(false));
    gives("null and true", json!({}), json!(null));
    gives("null or true", json!({}), json!(true));
    gives("1 or false", json!({}), json!(null));
    gives("null = null", json!({}), json!(true));
    gives("a.b.c = null", json!({}), json!(true));
    gives("if null then 1 else 2", json!({}), json!(2));
    gives("some i in [null, 1] satisfies i > 2", json!({}), json!(null));
    all_null(&[
        "1 = \"1\"",
        "1 + \"1\"",
        "1 / 0",
        "not(1)",
        "null + 1",
        "1 < \"2\"",
        "{a: 1, a: 2}",
        "date(\"2026-02-30\")",
        "9**9999999",
    ]);
}

#[test]
fn tests_of_cells() {
    let holds = |tests: &str, input: Json| {
        let tests = UnaryTests::parse(tests, &[]).unwrap();
        let limit = |name: &str| (name == "limit").then(|| Value::number(10));
        tests.holds(&Value::from_json(&input), &limit, &evaluation()).unwrap()
    };
    let cases = [
        ("-", json!(null), true),
        ("", json!(1), true),
        ("< 5", json!(4), true),
        ("< 5", json!(5), false),
        ("<5, >limit", json!(11), true),
        ("[1..5)", json!(5), false),
        ("]1..5]", json!(1), false),
        ("]1..5[", json!(5), false),
        ("(1..5)", json!(2), true),
        ("\"a\", \"b\"", json!("b"), true),
        ("not(\"a\", \"b\")", json!("b"), false),
        ("not(< 5)", json!(7), true),
        ("not(null)", json!(7), true),
        ("null", json!(null), true),
        ("true", json!(false), false),
        ("false", json!(false), true),
        ("limit > 5", json!("x"), true),
        ("limit > 15", json!("x"), false),
        ("? > 5 and ? < limit", json!(7), true),
        ("starts with(?, \"a\")", json!("ab"), true),
        ("not(starts with(?, \"a\"))", json!("ab"), false),
        ("[1, 2, 3]", json!(2), true),
        ("limit", json!(10), true),
        ("-5", json!(-5), true),
        ("- 5", json!(-5), true),
        ("date(\"2026-01-01\")", json!("2026-01-01"), false),
        ("< 5", json!("x"), false),
        ("not(< 5)", json!("x"), false),
    ];
    for (tests, input, expected) in cases {
        assert_eq!(holds(tests, input.clone()), expected, "{tests} of {input}");
    }
}

#[test]
fn values_in_tests_and_ranges() {
    all_true(&[
        "5 in (< 3, > 4)",
        "5 in (1, 5)",
        "5 in (1..6)",
        "5 in [5..6]",
        "not(5 in ]5..6])",
        "5 in [1, 5]",
        "5 in > 4",
        "5 in !=4",
        "(> 5).start = 5 and (> 5).end = null",
        "[1..5].end included and not([1..5).end included)",
        "range(\"[1..5)\") = [1..5)",
        "range(\"[date(\\\"2026-01-01\\\")..date(\\\"2026-02-01\\\"))\").start = date(\"2026-01-01\")",
        "before(1, 2) and after([5..6], [1..4]) and before([1..5), [5..6])",
        "meets([1..5], [5..6]) and met by([5..6], [1..5])",
        "overlaps([1..5], [4..6]) and overlaps before([1..5], [4..6]) and overlaps after([4..6], [1..5])",
        "finishes(5, [1..5]) and finished by([1..5], 5) and includes([1..5], 3) and during(3, [1..5])",
        "starts(1, [1..5]) and started by([1..5], 1) and coincides([1..2], [1..2])",
    ]);
}

#[test]
fn functions_of_texts() {
    all_true(&[
        "substring(\"foobar\", 3) = \"obar\" and substring(\"foobar\", 3, 3) = \"oba\" and substring(\"foobar\", -2, 1) = \"a\"",
        "string length(\"tes\\U01F40E\") = 4",
        "upper case(\"aBc4\") = \"ABC4\" and lower case(\"aBc4\") = \"abc4\"",
        "substring before(\"foobar\", \"bar\") = \"foo\" and substring after(\"foobar\", \"ob\") = \"ar\"",
        "replace(\"abcd\", \"(ab)|(a)\", \"[1=$1][2=$2]\") = \"[1=ab][2=]cd\"",
        "replace(\"ABC\", \"b\", \"x\", \"i\") = \"AxC\"",
        "contains(\"foobar\", \"ob\") and starts with(\"foobar\", \"fo\") and ends with(string: \"foobar\", match: \"ar\")",
        "matches(\"foobar\", \"^fo*b\") and matches(\"5\", \"\\d\")",
        "split(\"a;b;;c\", \";\") = [\"a\", \"b\", \"\", \"c\"]",
        "string join([\"a\", null, \"b\"], \"-\") = \"a-b\" and string join([\"a\"]) = \"a\"",
        "string(1.5) = \"1.5\" and string([1, \"a\"]) = \"[1, \\\"a\\\"]\" and string({a: 1}) = \"{a: 1}\"",
        "number(\"1 000,5\", \" \", \",\") = 1000.5 and number(\"1.5\") = 1.5",
    ]);
    all_null(&[
        "substring(\"foobar\", 0)",
        "string length(1)",
        "matches(\"a\", \"[\")",
        "number(\"1,2\")",
        "string length()",
        "contains(\"a\")",
    ]);
}

#[test]
fn functions_of_lists_and_contexts() {
    all_true(&[
        "list contains([1, 2, null], null) and count([1, 2]) = 2 and count([]) = 0",
        "min(1, 2, 3) = 1 and max([\"a\", \"b\"]) = \"b\" and sum(1, 2) = 3 and mean([1, 2, 3]) = 2",
        "product(2, 3) = 6 and median(8, 2, 5, 3, 4) = 4 and median([6, 1, 2, 3]) = 2.5 and mode(6, 3, 9, 6, 6) = [6]",
        "stddev(2, 4, 7, 5) = 2.081665999466132735282297706979931",
        "all([true, true]) and not(all([true, false, null])) and any(false, true) and all([])",
        "sublist([4, 5, 6], 1, 2) = [4, 5] and sublist([4, 5, 6], -2) = [5, 6]",
        "append([1], 2, 3) = [1, 2, 3] and concatenate([1], [2, 3]) = [1, 2, 3]",
        "insert before([1, 3], 1, 2) = [2, 1, 3] and remove([1, 2, 3], 2) = [1, 3] and reverse([1, 2]) = [2, 1]",
        "list replace([2, 4, 7], 3, 6) = [2, 4, 6] and list replace([2, 4, 7], function(item, new) item < new, 5) = [5, 5, 7]",
        "index of([1, 2, 3, 2], 2) = [2, 4] and union([1, 2], [2, 3]) = [1, 2, 3] and distinct values([1, 2, 1]) = [1, 2]",
        "flatten([[1, 2], [[3]], 4]) = [1, 2, 3, 4]",
        "sort([3, 1, 2]) = [1, 2, 3] and sort(list: [1, 2], precedes: function(x, y) x > y) = [2, 1]",
        "get value({a: 1}, \"a\") = 1 and get entries({a: 1}) = [{key: \"a\", value: 1}]",
        "context([{key: \"a\", value: 1}]) = {a: 1} and context put({a: 1}, \"b\", 2) = {a: 1, b: 2}",
        "context put({a: {b: 1}}, [\"a\", \"b\"], 2) = {a: {b: 2}} and context merge([{a: 1}, {a: 2, b: 3}]) = {a: 2, b: 3}",
        "is(1, 1) and not(is(1, \"1\")) and is([1], [1])",
    ]);
    all_null(&[
        "max([])",
        "sum([])",
        "sublist([1], 0)",
        "remove([1], 2)",
        "min([1, \"a\"])",
        "get value({a: 1}, \"b\")",
        "mean([null])",
    ]);
}

#[test]
fn functions_of_numbers() {
    all_true(&[
        "decimal(1/3, 2) = 0.33 and decimal(2.5, 0) = 2 and floor(-1.56) = -2 and floor(-1.56, 1) = -1.6",
        "ceiling(1.5) = 2 and ceiling(-1.56, 1) = -1.5 and round up(5.5) = 6 and round down(-5.5, 0) = -5",
        "round half up(5.5, 0) = 6 and round half up(-1.126, 2) = -1.13 and round half down(5.5, 0) = 5 and round half down(1.126, 2) = 1.13",
        "abs(-10) = 10 and abs(@\"-PT5H\") = @\"PT5H\" and modulo(12, 5) = 2 and modulo(-12, 5) = 3 and modulo(10.1, 4.5) = 1.1",
        "sqrt(16) = 4 and decimal(log(10), 5) = 2.30259 and decimal(exp(5), 3) = 148.413 and odd(5) and even(2)",
        "floor(n: 1.5) = 1",
    ]);
    all_null(&["sqrt(-1)", "log(0)", "modulo(1, 0)", "decimal(1, 100000)", "exp(10000000)"]);
}

#[test]
fn dates_times_and_durations() {
    gives("date(\"2026-01-31\") + duration(\"P1M\")", json!({}), json!("2026-02-28"));
    gives("@\"2026-03-29T01:30:00@Europe/Berlin\" + @\"PT1H\"", json!({}), json!("2026-03-29T03:30:00@Europe/Berlin"));
    all_true(&[
        "date and time(\"2026-01-01T10:00:00Z\") - date and time(\"2026-01-01T11:00:00+02:00\") = duration(\"PT1H\")",
        "date and time(date(\"2026-01-01\"), time(\"10:00:00\")) = date and time(\"2026-01-01T10:00:00\")",
        "date(2026, 1, 2) - date(\"2026-01-01\") = @\"P1D\" and @\"P1D\" * 1.5 = @\"P1DT12H\" and @\"P2Y\" / @\"P1Y\" = 2",
        "time(\"23:30:00\") + @\"PT1H\" = time(0, 30, 0) and time(12, 0, 0, @\"PT2H\") = @\"10:00:00Z\"",
        "@\"2026-01-01\".year = 2026 and @\"2026-01-01\".weekday = 4 and @\"P1DT2H\".hours = 2 and @\"P14M\".months = 2",
        "@\"10:00:00+02:00\".time offset = @\"PT2H\" and @\"10:00:00@Europe/Paris\".timezone = \"Europe/Paris\"",
        "years and months duration(@\"2011-12-22\", @\"2013-08-24\") = @\"P1Y8M\"",
        "day of year(@\"2019-09-17\") = 260 and day of week(@\"2019-09-17\") = \"Tuesday\" and month of year(@\"2019-09-17\") = \"September\" and week of year(@\"2019-09-17\") = 38",
        "string(@\"P1DT0H\") = \"P1D\" and string(@\"-P13M\") = \"-P1Y1M\" and string(@\"PT36H\") = \"P1DT12H\"",
        "@\"P1Y\" instance of years and months duration and @\"2026-01-01\" < @\"2026-01-02\"",
        "(for d in @\"2026-01-01\"..@\"2026-01-03\" return d.day) = [1, 2, 3]",
    ]);
}

#[test]
fn the_time_is_that_of_the_evaluation() {
    gives("string(today())", json!({}), json!("2026-03-01"));
    all_true(&[
        "now() = date and time(\"2026-03-01T12:00:00Z\")",
        "now() > date and time(\"2026-03-01T12:59:00+01:00\")",
        "now() < date and time(\"2026-03-01T13:01:00+01:00\")",
    ]);
    gives("{f: now, r: f() = now()}.r", json!({}), json!(true));
}

#[test]
fn it_says_what_it_reads() {
    let names = |source: &str| {
        let expression = Expression::parse(source, &[]).unwrap();
        let all = expression.names().map(str::to_owned).collect::<Vec<_>>().join(" ");
        let certain = expression.certain_names().map(str::to_owned).collect::<Vec<_>>().join(" ");
        (all, certain)
    };
    let both = |names: &str| (names.to_owned(), names.to_owned());
    assert_eq!(names("for i in items return i + offset"), both("items offset"));
    assert_eq!(names("{a: x, b: a}.b + sum(list) + order.total"), both("list order x"));
    assert_eq!(names("(function(a) a + b)(1)"), both("b"));
    assert_eq!(names("items[price > limit and item.x = 1]"), ("item items limit price".to_owned(), "items".to_owned()));
}

#[test]
fn functions_keep_what_they_saw() {
    let factor = Expression::parse("function(n) n * factor", &[]).unwrap();
    let evaluation = evaluation();
    let function = factor.evaluate(&|name| (name == "factor").then(|| Value::number(3)), &evaluation).unwrap();
    let native = Value::native(vec!["n".into()], |given, _| Ok(given.into_iter().next().unwrap_or(Value::Null)));
    let lookup = |name: &str| match name {
        "times" => Some(function.clone()),
        "same thing" => Some(native.clone()),
        _ => None,
    };
    let caller = Expression::parse("times(n: 2) + same thing(4)", &["times", "same thing"]).unwrap();
    let result = caller.evaluate(&lookup, &evaluation).unwrap();
    assert_eq!(result.to_json(&evaluation), Ok(json!(10)));
}

#[test]
fn what_never_ends_is_stopped() {
    let hostile = [
        "for i in 1..1000000000 return i",
        "count(for i in 1..100000, j in 1..100000 return 1)",
        "some i in 1..1000000000 satisfies i < 0",
        "{f: function(n) f(n + 1), r: f(1)}.r",
        "{f: function(g) g(g), r: f(f)}.r",
        "for i in 1..100 return if i = 1 then \"xxxxxxxx\" else partial[-1] + partial[-1]",
        "for i in 1..100 return if i = 1 then [1] else [partial[-1], partial[-1]]",
        "for i in 1..100 return if i = 1 then [1] else concatenate(partial[-1], partial[-1])",
        "string(for i in 1..40 return if i = 1 then [1] else [partial[-1], partial[-1]])",
        "flatten(for i in 1..40 return if i = 1 then [1] else [partial[-1], partial[-1]])",
        "{l: for i in 1..40 return if i = 1 then [1] else [partial[-1], partial[-1]], r: l = l}.r",
        "replace(string join(for i in 1..100000 return \"aaaaaaaa\"), \"\", string join(for i in 1..100000 return \"bbbbbbbb\"))",
        "distinct values(for i in 1..100000 return i)",
        "count(for i in 1..300000 return matches(\"a\", \"(a{30}){30}\" + string(i)))",
    ];
    for source in hostile {
        let begun = std::time::Instant::now();
        assert_eq!(evaluate(source, &[], &json!({})), Err(FeelError::TooMuchWork), "{source}");
        assert!(begun.elapsed().as_secs() < 20, "{source}: {:?}", begun.elapsed());
    }
}

#[test]
fn what_is_not_feel_is_refused_with_its_place() {
    let error = |source: &str| Expression::parse(source, &[]).unwrap_err();
    let nested = |open: &str, close: &str| format!("{}1{}", open.repeat(60), close.repeat(60));
    for (open, close) in
        [("(", ")"), ("[", "]"), ("if true then ", " else 1"), ("{a: ", "}"), ("function() ", ""), ("not(", ")")]
    {
        assert_eq!(error(&nested(open, close)), FeelError::TooDeep, "{open}");
    }
    for long in ["a".to_owned() + &".a".repeat(100), "-".repeat(100) + "1", "1".to_owned() + &" < 1".repeat(100)] {
        assert_eq!(error(&long), FeelError::TooDeep);
    }
    assert!(matches!(error(&"1+".repeat(5000)), FeelError::TooLong(_)));
    let many = vec!["1"; 3000].join("+");
    assert_eq!(evaluate(&many, &[], &json!({})), Ok(json!(3000)));
    let at = |source: &str| match error(source) {
        FeelError::Syntax { at, message } => format!("{at}: {message}"),
        other => other.to_string(),
    };
    assert_eq!(at("1 +"), "4: expected a value, found the end");
    assert_eq!(at("ä = \"x"), "7: this text has no end");
    assert_eq!(at("if a then b"), "12: expected `else`, found the end");
    assert_eq!(at("a b"), "3: expected the end, or an operator, found `b`");
    assert_eq!(at("foo(1)"), "there is no function `foo`");
    assert_eq!(at("@\"tomorrow\""), "12: `tomorrow` is no date, time, date and time or duration");
    let external = "function(x) external {java: {class: \"java.lang.Math\", method signature: \"cos(double)\"}}";
    assert!(matches!(error(external), FeelError::NotAllowed(_)));
    assert!(matches!(evaluate("function(x) x", &[], &json!({})), Err(FeelError::Result(_))));
    assert!(matches!(UnaryTests::parse("< ", &[]), Err(FeelError::Syntax { .. })));
}

/// Cut, doubled and mixed pieces of expressions: refused or evaluated, never a panic.
#[test]
fn no_text_is_too_strange() {
    let pieces = [
        "for i in ",
        "1..",
        "..",
        "return ",
        "[",
        "]",
        "(",
        ")",
        "{a b: ",
        "}",
        "a b",
        "\"\\u",
        "\"",
        "D83D",
        "@\"P1D\"",
        "-",
        "not(",
        "?",
        "`",
        "function(x: list<",
        ">",
        " instance of ",
        "date and time(",
        "\u{301}",
        "é",
        ".",
        "1e",
        "9999e9999",
        ", ",
        "x ",
        "if ",
        "then ",
        "else ",
        "item",
    ];
    let mut seed = 7u64;
    let mut next = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as usize % below
    };
    for _ in 0..30_000 {
        let source: String = (0..1 + next(9)).map(|_| pieces[next(pieces.len())]).collect();
        let _ = evaluate(&source, &["a b"], &json!({"a b": 1, "x": [1]}));
        if let Ok(tests) = UnaryTests::parse(&source, &["a b"]) {
            let _ = tests.holds(&Value::number(1), &|_| None, &evaluation());
        }
    }
}
