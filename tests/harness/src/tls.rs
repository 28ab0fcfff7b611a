//! A certificate for `localhost` and 127.0.0.1, good for servers and clients, and the authority that it is trusted by. Nothing
//! but tests may trust that authority: the key of what it has signed is here for everybody to read.

use std::path::PathBuf;

/// PEM: whom to trust.
pub fn authority() -> PathBuf {
    file("authority.pem")
}

/// PEM: what a server shows, or a client.
pub fn certificate() -> PathBuf {
    file("certificate.pem")
}

/// PEM: the certificate's key.
pub fn key() -> PathBuf {
    file("key.pem")
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tls").join(name)
}
