//! Names of files in the object store, and whose they are by them. Both who writes and who reads takes them from here.

use crate::subject;

/// What people have uploaded: `uploads/<tenant>/<id>/<name>`.
const UPLOADS: &str = "uploads";

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    /// The tenant with this [`tenant`] segment.
    Tenant(&'a str),
    /// The tenant of this instance: workers keep files under `<bucket>/<instance>/<name>`.
    Instance(&'a str),
    /// Nobody can be told from the name.
    Unknown,
}

/// The path of an upload. `name` is one plain segment.
pub fn upload(owner: &str, id: &str, name: &str) -> String {
    format!("{UPLOADS}/{}/{id}/{name}", tenant(owner))
}

/// A tenant as one segment of a path, as every store and file system takes it.
pub fn tenant(name: &str) -> String {
    subject::token(name).replace('%', "=")
}

pub fn owner(path: &str) -> Owner<'_> {
    let mut segments = path.split('/');
    match (segments.next(), segments.next(), segments.next()) {
        (Some(UPLOADS), Some(tenant), Some(_)) => Owner::Tenant(tenant),
        (Some(UPLOADS), _, _) => Owner::Unknown,
        (Some(_), Some(instance), Some(_)) if is_uuid(instance) => Owner::Instance(instance),
        _ => Owner::Unknown,
    }
}

/// Whether another tenant's upload is meant.
pub fn is_foreign(path: &str, own: &str) -> bool {
    match owner(path) {
        Owner::Tenant(owner) => owner != tenant(own),
        Owner::Unknown => path.split('/').next() == Some(UPLOADS),
        Owner::Instance(_) => false,
    }
}

fn is_uuid(text: &str) -> bool {
    let is_dash = |place: usize| matches!(place, 8 | 13 | 18 | 23);
    let fits = |(place, byte): (usize, u8)| if is_dash(place) { byte == b'-' } else { byte.is_ascii_hexdigit() };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_its_owner() {
        let instance = "0190c9a8-3f5e-7d1a-9b6c-2f4d8e1a7b3c";
        let kept = format!("logs/{instance}/app.log");
        for (path, expected) in [
            (upload("acme", "1", "a b.txt"), Owner::Tenant("acme")),
            (upload("a/../b c", "1", "x"), Owner::Tenant("a=2F=2E=2E=2Fb=20c")),
            (kept, Owner::Instance(instance)),
            (format!("uploads/{instance}/x"), Owner::Tenant(instance)),
            ("uploads/x".to_owned(), Owner::Unknown),
            ("notes.txt".to_owned(), Owner::Unknown),
            ("logs/today/app.log".to_owned(), Owner::Unknown),
        ] {
            assert_eq!(owner(&path), expected, "{path}");
        }
    }

    #[test]
    fn uploads_of_others_are_foreign() {
        assert!(!is_foreign(&upload("acme", "1", "x"), "acme"));
        assert!(is_foreign(&upload("acme", "1", "x"), "globex"));
        assert!(is_foreign("uploads/x", "acme"));
        assert!(!is_foreign("notes/x", "acme"));
    }
}
