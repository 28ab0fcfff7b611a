//! Files broken on the way: bytes, lines, values and quotes go astray.

use crate::random::Random;

const PIECES: [&[u8]; 46] = [
    b"<",
    b">",
    b"\"",
    b"'",
    b"&",
    b"&#0;",
    b"&#x10FFFF;",
    b"&#xD800;",
    b"&lt;",
    b"]]>",
    b"<![CDATA[",
    b"<!--",
    b"-->",
    b"<?x ?>",
    b"<!DOCTYPE x>",
    b"<!ENTITY a \"b\">",
    b"</",
    b"/>",
    b" xmlns=\"\"",
    b" xmlns:bpmn=\"urn:other\"",
    b" id=\"x\" id=\"x\"",
    b"\xFF",
    b"\xC0\x80",
    b"\xED\xA0\x80",
    b"\xF4\x90\x80\x80",
    b"\xE2\x80\xA8",
    b"\xE2\x80\xAE",
    b"\xEF\xBB\xBF",
    b"\0",
    b"\x08",
    b"\r",
    b"\t",
    b"\n",
    b"{",
    b"}",
    b"[",
    b"]",
    b": ",
    b"- ",
    b"&a ",
    b"*a ",
    b"!!binary ",
    b"|2-\n",
    b"<<: ",
    b"---\n",
    b"%YAML 9.9\n",
];

const VALUES: [&str; 40] = [
    "999999999999999999999999999999",
    "-1",
    "0",
    "1e999",
    "-0",
    ".inf",
    "NaN",
    "0x7fffffffffffffff",
    "true",
    "null",
    "~",
    "''",
    "[]",
    "{}",
    "PT0S",
    "PT999999999999999999999H",
    "-PT5S",
    "P1Y2M3DT4H5M6.789S",
    "R/PT0S",
    "R999999999999/PT1S",
    "R-1/PT1S",
    "R5/2026-99-99/PT1S",
    "0 0 30 2 *",
    "* * * * * * *",
    "9999-12-31T23:59:60Z",
    "0000-00-00",
    "2026-11-23T00:00:00+99:99",
    "${",
    "${a",
    "${a}}",
    "${${a}}",
    "${1/0}",
    "${(((((1)))))}",
    "${\"}",
    "#{a}",
    "=a",
    "\u{202e}abc",
    "\u{0}",
    "😀",
    "a.b[0].c",
];

/// Bytes that come of a good file.
pub fn bytes(random: &mut Random, seed: &str) -> Vec<u8> {
    let mut bytes = seed.as_bytes().to_vec();
    for _ in 0..=random.below(5) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len() as u64) as usize;
        let end = (at + random.below(60) as usize).min(bytes.len());
        match random.below(6) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => bytes[at] = random.below(256) as u8,
            3 => {
                let copy = bytes[at..end].to_vec();
                let times = 1 + random.below(40) as usize;
                bytes.splice(at..at, copy.repeat(times));
            }
            _ => {
                let piece = PIECES[random.below(PIECES.len() as u64) as usize];
                bytes.splice(at..at, piece.iter().copied());
            }
        }
    }
    bytes
}

/// Lines that come twice, go, or change places; so that ids are taken and references go astray.
pub fn lines(random: &mut Random, seed: &str) -> Vec<u8> {
    let mut lines: Vec<&str> = seed.lines().collect();
    for _ in 0..=random.below(6) {
        let at = random.below(lines.len() as u64) as usize;
        let other = random.below(lines.len() as u64) as usize;
        match random.below(4) {
            0 if lines.len() > 1 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[other]),
            2 => lines.swap(at, other),
            _ => (0..random.below(30)).for_each(|_| lines.insert(at, lines[other.min(lines.len() - 1)])),
        }
    }
    lines.join("\n").into_bytes()
}

/// Values take each other's places, and absurd ones come in.
pub fn values(random: &mut Random, seed: &str) -> Vec<u8> {
    let words = words(seed);
    let mut text = seed.to_owned();
    for _ in 0..=random.below(4) {
        let old = &words[random.below(words.len() as u64) as usize];
        let other = random.below(words.len() as u64) as usize;
        let new = match random.percent(60) {
            true => VALUES[random.below(VALUES.len() as u64) as usize],
            false => words[other].as_str(),
        };
        text = match random.percent(50) {
            true => text.replacen(old.as_str(), new, 1),
            false => text.replace(old.as_str(), new),
        };
        if text.len() > 400_000 {
            break;
        }
    }
    text.into_bytes()
}

/// What stands between quotes, colons, commas, brackets.
fn words(text: &str) -> Vec<String> {
    let parts = text.split(|letter: char| letter.is_whitespace() || "\"'{}[],:<>=".contains(letter));
    let mut words: Vec<String> = parts.filter(|word| word.len() > 1).map(str::to_owned).collect();
    words.push("process".to_owned());
    words
}
