//! Hundreds of ways to write an address inside, and names that change what they mean: nothing of it connects.

use super::*;
use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
};
use tokio::net::TcpListener;

const INSIDE: [[u8; 4]; 16] = [
    [127, 0, 0, 1],
    [127, 8, 9, 10],
    [10, 0, 0, 1],
    [172, 16, 0, 1],
    [172, 31, 255, 254],
    [192, 168, 0, 1],
    [169, 254, 169, 254],
    [100, 64, 0, 1],
    [100, 127, 1, 2],
    [0, 0, 0, 0],
    [0, 1, 2, 3],
    [192, 0, 0, 8],
    [198, 18, 0, 1],
    [224, 0, 0, 1],
    [240, 0, 0, 1],
    [255, 255, 255, 255],
];

const INSIDE_V6: [&str; 22] = [
    "::",
    "::1",
    "0:0:0:0:0:0:0:1",
    "0000:0000:0000:0000:0000:0000:0000:0001",
    "fe80::1",
    "FE80::1",
    "febf::1",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "100::1",
    "2001::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002::1",
    "3fff::1",
    "5f00::1",
    "64:ff9b::1",
    "4000::1",
];

/// One address in the forms that URLs, programs and networks know.
fn forms([a, b, c, d]: [u8; 4]) -> Vec<String> {
    let whole = u32::from_be_bytes([a, b, c, d]);
    let low = u32::from(b) << 16 | u32::from(c) << 8 | u32::from(d);
    let (first, second) = (whole >> 16, whole & 0xffff);
    let dotted = format!("{a}.{b}.{c}.{d}");
    let wide: String = dotted.chars().map(|c| char::from_u32(c as u32 + 0xfee0).unwrap()).collect();
    let percent: String = dotted.bytes().map(|byte| format!("%{byte:02x}")).collect();
    vec![
        dotted.clone(),
        format!("{dotted}."),
        format!("user@{dotted}"),
        format!("example.com@{dotted}"),
        format!("{whole}"),
        format!("0x{whole:x}"),
        format!("0X{whole:X}"),
        format!("0{whole:o}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}"),
        format!("{a}.{low}"),
        format!("{a}.{b}.{}", second),
        format!("0x{a:x}.{b}.0{c:o}.{d}"),
        format!("000{a:o}.{b}.{c}.{d}"),
        wide,
        percent,
        dotted.replace('.', "\u{3002}"),
        format!("[::ffff:{dotted}]"),
        format!("[0:0:0:0:0:ffff:{first:x}:{second:x}]"),
        format!("[::{dotted}]"),
        format!("[::ffff:0:{dotted}]"),
        format!("[2002:{first:x}:{second:x}::1]"),
        format!("[64:ff9b::{dotted}]"),
        format!("[64:ff9b:1::{dotted}]"),
        format!("[2001:0:{first:x}:{second:x}::1]"),
        format!("[2001:0:1:2:0:0:{:x}:{:x}]", !first & 0xffff, !second & 0xffff),
        format!("[fe80::5efe:{dotted}]"),
    ]
}

fn urls(port: u16) -> BTreeSet<String> {
    let hosts = INSIDE.into_iter().flat_map(forms);
    let v6 = INSIDE_V6.iter().flat_map(|v6| [format!("[{v6}]"), format!("u@[{v6}]")]);
    let mut urls: BTreeSet<String> =
        hosts.chain(v6).flat_map(|host| [format!("http://{host}:{port}/"), format!("HTTPS://{host}/a?b#c")]).collect();
    let odd = [
        format!("http:\\\\127.0.0.1:{port}\\"),
        format!("http:/127.0.0.1:{port}/"),
        format!("http:127.0.0.1:{port}/"),
        format!("http:///127.0.0.1:{port}/"),
        format!("http://127.0.0.1\t:{port}/"),
        format!("ht\ntp://127.0.0.1:{port}/"),
        format!("  http://127.0.0.1:{port}/  "),
        format!("http://a:b@127.0.0.1:{port}/"),
        format!("http://example.com\\@127.0.0.1:{port}/").replace("example.com\\", "u%5c"),
        "http://[::1%25lo]/".to_owned(),
        "http://[::1".to_owned(),
        "http://".to_owned(),
        "http://%00/".to_owned(),
        "http://127.0.0.1:99999/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "ftp://127.0.0.1/".to_owned(),
        "gopher://127.0.0.1/".to_owned(),
        "unix:/var/run/docker.sock".to_owned(),
        "data:text/plain,x".to_owned(),
        "javascript:alert(1)".to_owned(),
        "jar:http://127.0.0.1!/".to_owned(),
        "ws://127.0.0.1/".to_owned(),
        "//127.0.0.1/".to_owned(),
        "127.0.0.1".to_owned(),
        String::new(),
    ];
    urls.extend(odd);
    urls
}

#[tokio::test]
async fn no_spelling_leads_inside() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let urls = urls(listener.local_addr().unwrap().port());
    assert!(urls.len() >= 500, "only {}", urls.len());
    let egress = Egress::new(&Config::default()).unwrap();
    for url in &urls {
        if let Ok(checked) = egress.check(url) {
            panic!("{url} would be called as {checked}");
        }
    }
    assert!(tokio::time::timeout(Duration::from_millis(50), listener.accept()).await.is_err());
    assert!(egress.check("http://8.8.8.8:8080/").is_ok() && egress.check("https://[2606:4700::1111]/").is_ok());
}

/// A name server of our own: each question is answered by the next of these.
fn answering(answers: Vec<Vec<IpAddr>>) -> (Lookup, Arc<AtomicUsize>) {
    let asked = Arc::<AtomicUsize>::default();
    let count = asked.clone();
    let lookup: Lookup = Arc::new(move |_| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        let answer = answers.get(number % answers.len()).cloned().unwrap_or_default();
        async move { Ok(answer.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect()) }.boxed()
    });
    (lookup, asked)
}

#[tokio::test]
async fn names_that_change_lead_nowhere() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let ip = |text: &str| text.parse::<IpAddr>().unwrap();
    let answers = vec![
        vec![ip("127.0.0.1")],
        vec![ip("8.8.8.8"), ip("127.0.0.1")],
        vec![ip("::ffff:127.0.0.1")],
        vec![ip("2606:4700::1111"), ip("::1")],
        vec![ip("64:ff9b::7f00:1")],
        vec![ip("169.254.169.254")],
    ];
    let (lookup, _) = answering(answers);
    let egress = Egress::resolving(&Config::default(), lookup).unwrap();
    let names = ["rebind.example.com", "localhost", "LOCALHOST", "localhost.", "a.localhost", "127.0.0.1.nip.io"];
    for name in names.into_iter().cycle().take(48) {
        let url = egress.check(&format!("http://{name}:{port}/")).unwrap();
        let failed = egress.client().get(url).send().await.unwrap_err();
        assert!(format!("{failed:?}").contains("Forbidden"), "{name}: {failed:?}");
    }
    assert!(tokio::time::timeout(Duration::from_millis(50), listener.accept()).await.is_err());
}

#[tokio::test]
async fn a_name_is_asked_for_once_and_its_checked_addresses_are_used() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (lookup, asked) = answering(vec![vec!["127.0.0.1".parse().unwrap()], vec!["127.0.0.9".parse().unwrap()]]);
    let config = Config { allow: vec![format!("inside.example.com:{port}")] };
    let egress = Egress::resolving(&config, lookup).unwrap();
    let url = egress.check(&format!("http://inside.example.com:{port}/")).unwrap();
    assert!(egress.check(&format!("http://inside.example.com:{}/", port.wrapping_add(1))).is_err());
    let client = egress.client().clone();
    let call = tokio::spawn(async move { client.get(url).send().await });
    let (connection, _) = listener.accept().await.unwrap();
    assert_eq!(
        (connection.local_addr().unwrap().ip(), asked.load(Ordering::SeqCst)),
        ("127.0.0.1".parse().unwrap(), 1)
    );
    call.abort();
}
