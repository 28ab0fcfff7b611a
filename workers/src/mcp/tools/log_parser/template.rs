//! Messages of one kind differ in numbers, names and ids only. Without these they are equal.

use super::line::replaced;
use regex::Regex;
use std::sync::LazyLock;

/// In this order: an address is no run of numbers.
static VARYING: LazyLock<Vec<(Option<Regex>, &str)>> = LazyLock::new(|| {
    [
        (r#""[^"]*"|'[^']*'"#, "<text>"),
        (r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b", "<mail>"),
        (r"\bhttps?://\S+", "<url>"),
        (r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b", "<id>"),
        (r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b", "<ip>"),
        (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*", "<time>"),
        (r"(?:/[\w.@%+-]+){2,}/?", "<path>"),
        (
            r"\b0x[0-9a-fA-F]+\b|\b(?:[0-9a-f]*[0-9][0-9a-f]*[a-f][0-9a-f]*|[0-9a-f]*[a-f][0-9a-f]*[0-9][0-9a-f]*)\b",
            "<id>",
        ),
        (r"\d+(?:[.,]\d+)*", "<n>"),
    ]
    .map(|(pattern, by)| (Regex::new(pattern).ok(), by))
    .into()
});

pub fn of(message: &str) -> String {
    let mut template = message.to_owned();
    for (pattern, by) in VARYING.iter() {
        template = replaced(&template, pattern, by).into_owned();
    }
    template
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_varies_is_replaced() {
        assert!(VARYING.iter().all(|(pattern, _)| pattern.is_some()));
        assert_eq!(of("order 17 of a@b.example took 1.5s"), "order <n> of <mail> took <n>s");
        assert_eq!(of("no route to 10.0.0.1:5432"), "no route to <ip>");
        assert_eq!(of("user \"x y\" has no /var/log/a.log"), "user <text> has no <path>");
        assert_eq!(of("request 3f2a9c1d failed"), "request <id> failed");
        assert_eq!(of("decade of facade"), "decade of facade");
    }
}
