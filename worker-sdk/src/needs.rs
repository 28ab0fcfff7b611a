//! Which variables a handler reads, as its input type says: the fields of a struct; any other type may read them all.

use serde::{
    Deserialize, Deserializer,
    de::{Visitor, value::Error},
};

/// Of a handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    All,
    These(&'static [&'static str]),
}

impl Needs {
    pub fn of<'de, I: Deserialize<'de>>() -> Needs {
        let mut needs = Needs::All;
        // it always fails: only what it asks for is of interest
        let _ = I::deserialize(Asked(&mut needs));
        needs
    }

    pub fn wants(self, name: &str) -> bool {
        match self {
            Needs::All => true,
            Needs::These(names) => names.contains(&name),
        }
    }
}

/// Notes what a type asks a deserializer for.
struct Asked<'n>(&'n mut Needs);

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        *self.0 = Needs::These(fields);
        Err(enough())
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(enough())
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq
        tuple tuple_struct map enum identifier ignored_any
    }
}

fn enough() -> Error {
    serde::de::Error::custom("this is as much as there is")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Order {
        total: f64,
        #[serde(rename = "orderId", alias = "order_id")]
        id: Option<String>,
    }

    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Wrapped(Order);

    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Open {
        total: f64,
        #[serde(flatten)]
        rest: serde_json::Map<String, Value>,
    }

    #[derive(Deserialize)]
    struct Nothing {}

    #[test]
    fn a_struct_reads_its_fields_and_everything_else_reads_all() {
        for name in ["total", "orderId", "order_id"] {
            assert!(Needs::of::<Order>().wants(name), "{name}");
        }
        assert!(!Needs::of::<Order>().wants("id") && !Needs::of::<Order>().wants("document"));
        assert_eq!(Needs::of::<Wrapped>(), Needs::of::<Order>());
        assert_eq!(Needs::of::<Nothing>(), Needs::These(&[]));
        assert_eq!(Needs::of::<Value>(), Needs::All);
        assert_eq!(Needs::of::<Open>(), Needs::All);
    }
}
