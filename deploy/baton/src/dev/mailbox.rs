//! An SMTP server that keeps what it is given as `<n>.json`: the development server's inbox. It accepts everything on
//! loopback, relays nothing, and understands just what a mail client needs to hand over a message (RFC 5321, 4.1.1).

use anyhow::Context;
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

const LARGEST_MAIL: usize = 10 << 20;
const LONGEST_LINE: usize = 64 << 10;
const IDLE: Duration = Duration::from_secs(60);

/// Listens until the process ends.
pub async fn listen(port: u16, folder: PathBuf) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let mailbox = Arc::new(Mailbox::open(folder)?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mailbox = mailbox.clone();
            tokio::spawn(async move {
                let _ = serve(stream, &mailbox).await;
            });
        }
    });
    Ok(())
}

struct Mailbox {
    folder: PathBuf,
    next: AtomicU64,
}

impl Mailbox {
    fn open(folder: PathBuf) -> anyhow::Result<Mailbox> {
        let names = fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?;
        let last = names.filter_map(|name| number(&name.ok()?.path())).max().unwrap_or(0);
        Ok(Mailbox { folder, next: AtomicU64::new(last + 1) })
    }

    /// A message id that is here already is the same mail sent again.
    fn keep(&self, envelope: &Envelope, data: &str) -> anyhow::Result<()> {
        let mail = parse(data);
        if !mail.message_id.is_empty() && self.has(&mail.message_id) {
            return Ok(());
        }
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let text = serde_json::to_string_pretty(&json!({
            "from": envelope.from,
            "to": envelope.to,
            "subject": mail.subject,
            "body": mail.body,
            "messageId": mail.message_id,
            "receivedAt": jiff::Timestamp::now().to_string(),
        }))?;
        let unfinished = self.folder.join(format!("{n}.part"));
        fs::write(&unfinished, text)?;
        fs::rename(unfinished, self.folder.join(format!("{n}.json")))?;
        Ok(())
    }

    fn has(&self, message_id: &str) -> bool {
        let Ok(entries) = fs::read_dir(&self.folder) else { return false };
        entries.filter_map(|entry| fs::read_to_string(entry.ok()?.path()).ok()).any(|text| {
            serde_json::from_str::<serde_json::Value>(&text).is_ok_and(|mail| mail["messageId"] == message_id)
        })
    }
}

fn number(path: &Path) -> Option<u64> {
    path.file_stem()?.to_str()?.parse().ok()
}

#[derive(Default)]
struct Envelope {
    from: String,
    to: Vec<String>,
}

async fn serve(stream: TcpStream, mailbox: &Mailbox) -> anyhow::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    let mut envelope = Envelope::default();
    write.write_all(b"220 baton development inbox\r\n").await?;
    while let Some(line) = read_line(&mut lines).await? {
        let verb = line.split_whitespace().next().unwrap_or("").to_ascii_uppercase();
        let answer: &[u8] = match verb.as_str() {
            "HELO" => b"250 baton\r\n",
            "EHLO" => b"250-baton\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            "MAIL" => {
                envelope = Envelope { from: address(&line), to: Vec::new() };
                b"250 ok\r\n"
            }
            "RCPT" => {
                envelope.to.push(address(&line));
                b"250 ok\r\n"
            }
            "DATA" => {
                write.write_all(b"354 end with a dot\r\n").await?;
                receive(&mut lines, mailbox, &envelope).await?
            }
            "RSET" | "NOOP" => b"250 ok\r\n",
            "QUIT" => {
                return finish(&mut write).await;
            }
            _ => b"502 not understood\r\n",
        };
        write.write_all(answer).await?;
    }
    Ok(())
}

async fn finish(write: &mut (impl AsyncWrite + Unpin)) -> anyhow::Result<()> {
    write.write_all(b"221 bye\r\n").await?;
    Ok(())
}

async fn receive(
    lines: &mut BufReader<impl AsyncRead + Unpin>,
    mailbox: &Mailbox,
    envelope: &Envelope,
) -> anyhow::Result<&'static [u8]> {
    let mut data = String::new();
    while let Some(line) = read_line(lines).await? {
        if line == "." {
            return Ok(match mailbox.keep(envelope, &data) {
                Ok(()) => b"250 kept\r\n",
                Err(_) => b"451 the inbox cannot be written\r\n",
            });
        }
        if data.len() > LARGEST_MAIL {
            anyhow::bail!("a mail of more than {LARGEST_MAIL} bytes");
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
        data.push('\n');
    }
    anyhow::bail!("the connection ended inside a mail")
}

async fn read_line(lines: &mut BufReader<impl AsyncRead + Unpin>) -> anyhow::Result<Option<String>> {
    let mut line = Vec::new();
    let read = tokio::time::timeout(IDLE, lines.read_until(b'\n', &mut line)).await??;
    if read == 0 {
        return Ok(None);
    }
    anyhow::ensure!(line.len() <= LONGEST_LINE, "a line of more than {LONGEST_LINE} bytes");
    Ok(Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned()))
}

fn address(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(address, _)| address);
    inside.unwrap_or_default().to_owned()
}

struct Mail {
    subject: String,
    message_id: String,
    body: String,
}

/// Headers and body of a message, as far as the inbox shows them: decoded subject, and the text; of several parts the last,
/// which is the one that says most (RFC 2046, 5.1.4).
fn parse(data: &str) -> Mail {
    let (head, body) = data.split_once("\n\n").unwrap_or((data, ""));
    let head = head.replace("\n ", " ").replace("\n\t", " ");
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let kind = header("Content-Type").unwrap_or_default();
    let boundary = kind.split_once("boundary=").map(|(_, boundary)| boundary.trim_matches('"').to_owned());
    let mut parts = boundary.iter().flat_map(|boundary| body.split(&format!("--{boundary}")).collect::<Vec<_>>());
    let last = parts.rfind(|part| !part.trim().is_empty() && part.trim() != "--");
    let encoding = header("Content-Transfer-Encoding").unwrap_or_default().to_ascii_lowercase();
    let body = match encoding.as_str() {
        "quoted-printable" => String::from_utf8_lossy(&quoted_printable(body, false)).into_owned(),
        "base64" => String::from_utf8_lossy(&base64(body)).into_owned(),
        _ => body.to_owned(),
    };
    let body = last.map_or(body, |part| parse(part.trim_start_matches('\n')).body);
    Mail {
        subject: encoded_words(&header("Subject").unwrap_or_default()),
        message_id: header("Message-ID").unwrap_or_default(),
        body,
    }
}

/// RFC 2047 words (`=?utf-8?b?…?=`) as text.
fn encoded_words(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("=?") {
        let parts: Vec<&str> = rest[start + 2..].splitn(4, '?').collect();
        let [_charset, encoding, word, tail] = parts[..] else { break };
        let Some(tail) = tail.strip_prefix('=') else { break };
        let between = &rest[..start];
        if !between.trim().is_empty() || result.is_empty() {
            result.push_str(between);
        }
        let bytes = if encoding.eq_ignore_ascii_case("b") { base64(word) } else { quoted_printable(word, true) };
        result.push_str(&String::from_utf8_lossy(&bytes));
        rest = tail;
    }
    result + rest
}

fn quoted_printable(text: &str, in_header: bool) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'=' if rest.first() == Some(&b'\n') => rest = &rest[1..],
            b'=' => match rest.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()) {
                Some(value) => {
                    bytes.push(value);
                    rest = &rest[2..];
                }
                None => bytes.push(byte),
            },
            b'_' if in_header => bytes.push(b' '),
            _ => bytes.push(byte),
        }
    }
    bytes
}

fn base64(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0u32, 0u32);
    for symbol in text.bytes() {
        let value = match symbol {
            b'A'..=b'Z' => symbol - b'A',
            b'a'..=b'z' => symbol - b'a' + 26,
            b'0'..=b'9' => symbol - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_subject_and_body() {
        let mail = parse(
            "Subject: =?utf-8?b?w4Q=?= ok\nMessage-ID: <1@x>\nContent-Transfer-Encoding: quoted-printable\n\nA=\nb =C3=A4\n",
        );
        assert_eq!(mail.subject, "Ä ok");
        assert_eq!(mail.message_id, "<1@x>");
        assert_eq!(mail.body, "Ab ä\n");
    }

    #[test]
    fn of_several_parts_the_last_is_shown() {
        let mail = parse(
            "Subject: x\nContent-Type: multipart/alternative;\n boundary=\"b1\"\n\n--b1\nContent-Type: text/plain\n\nplain\n\
             --b1\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\nPGI+aGk8L2I+\n--b1--\n",
        );
        assert_eq!((mail.subject.as_str(), mail.body.as_str()), ("x", "<b>hi</b>"));
    }

    #[test]
    fn takes_the_address_between_the_brackets() {
        assert_eq!(address("MAIL FROM:<a@example.com> SIZE=3"), "a@example.com");
        assert_eq!(address("RCPT TO:"), "");
    }
}
