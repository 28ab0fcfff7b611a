//! The names of types (DMN 1.5, 10.3.1.2, rule 52).

use super::Parser;
use crate::{FeelError, node::Type};

const NAMED: [(&str, Type); 10] = [
    ("date and time", Type::DateTime),
    ("days and time duration", Type::Days),
    ("years and months duration", Type::Months),
    ("Any", Type::Any),
    ("Null", Type::Null),
    ("boolean", Type::Boolean),
    ("number", Type::Number),
    ("string", Type::String),
    ("date", Type::Date),
    ("time", Type::Time),
];

impl Parser<'_> {
    pub fn type_name(&mut self) -> Result<Type, FeelError> {
        self.deeper(|parser| {
            for (name, kind) in NAMED {
                if parser.eat_words(name) {
                    return Ok(kind);
                }
            }
            parser.parametrised_type()
        })
    }

    fn parametrised_type(&mut self) -> Result<Type, FeelError> {
        if self.eat_word("list") {
            return Ok(Type::List(Box::new(self.type_parameter()?)));
        }
        if self.eat_word("range") {
            return Ok(Type::Range(Box::new(self.type_parameter()?)));
        }
        if self.eat_word("context") {
            return self.context_type();
        }
        if self.eat_word("function") {
            return self.function_type();
        }
        Err(self.expected("a type"))
    }

    fn type_parameter(&mut self) -> Result<Type, FeelError> {
        if !self.eat("<") {
            return Ok(Type::Any);
        }
        let parameter = self.type_name()?;
        self.need(">")?;
        Ok(parameter)
    }

    fn context_type(&mut self) -> Result<Type, FeelError> {
        let mut entries = Vec::new();
        if !self.eat("<") {
            return Ok(Type::Context(entries));
        }
        loop {
            let name = self.declared_name(&[":"])?;
            self.need(":")?;
            entries.push((name, self.type_name()?));
            if !self.eat(",") {
                break;
            }
        }
        self.need(">")?;
        Ok(Type::Context(entries))
    }

    /// What it takes and gives is not looked at: functions of FEEL do not carry it.
    fn function_type(&mut self) -> Result<Type, FeelError> {
        if self.eat("<") {
            while !self.eat(">") {
                self.type_name()?;
                self.eat(",");
            }
            self.need("->")?;
            self.type_name()?;
        }
        Ok(Type::Function)
    }

    fn eat_words(&mut self, words: &str) -> bool {
        let begun = self.at;
        let found = words.split(' ').all(|word| self.eat_word(word));
        if !found {
            self.at = begun;
        }
        found
    }
}
