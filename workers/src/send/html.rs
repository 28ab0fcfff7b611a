//! HTML and plain text, as far as a mail needs both.

/// Elements whose content is not for reading.
const HIDDEN: [&str; 3] = ["style", "script", "head"];
/// Elements that begin or end a line.
const LINES: [&str; 11] = ["br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "ul", "table"];

/// What a mail program shows that shows no HTML: the text, with the addresses of links.
pub fn as_text(html: &str) -> String {
    let (mut text, mut rest, mut address) = (String::new(), html, None);
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(&unescaped(before));
        let Some((tag, after)) = tag.split_once('>') else {
            rest = "";
            break;
        };
        rest = after;
        let name = tag.trim_start_matches('/').split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let name = name.to_ascii_lowercase();
        if HIDDEN.contains(&name.as_str()) && !tag.starts_with('/') {
            rest = after_end(after, &name);
        } else if name == "a" && !tag.starts_with('/') {
            address = href(tag);
        } else if name == "a" {
            text.push_str(&address.take().map(|address| format!(" ({address})")).unwrap_or_default());
        } else if LINES.contains(&name.as_str()) && !text.ends_with('\n') && !text.is_empty() {
            text.push('\n');
        }
    }
    text.push_str(&unescaped(rest));
    text.trim().to_owned()
}

/// Behind the element's end.
fn after_end<'h>(html: &'h str, name: &str) -> &'h str {
    let end = html.to_ascii_lowercase().find(&format!("</{name}"));
    let after = end.and_then(|end| html.get(end..)).and_then(|end| end.split_once('>'));
    after.map_or("", |(_, after)| after)
}

fn href(tag: &str) -> Option<String> {
    let (_, value) = tag.split_once("href=")?;
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value.get(1..)?.split(quote).next().map(unescaped)
}

fn unescaped(text: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

pub fn escaped(text: &str) -> String {
    [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;")]
        .iter()
        .fold(text.to_owned(), |text, (character, entity)| text.replace(character, entity))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_page_can_be_read() {
        let html = "<head><title>x</title></head><STYLE>p{}</STYLE><h1>Hello &amp; &lt;you&gt;</h1><p>See \
                    <a class=\"b\" href=\"https://x.example.com/?a=1&amp;b=2\">here</a><br>bye";
        assert_eq!(as_text(html), "Hello & <you>\nSee here (https://x.example.com/?a=1&b=2)\nbye");
        assert_eq!(as_text("a < b"), "a");
        assert_eq!(escaped("<a & \"b\">"), "&lt;a &amp; &quot;b&quot;&gt;");
    }
}
