//! Where in a file a thing stands, so that every later problem with it can be shown there.

use serde::{Deserialize, Serialize};
use std::ops::Deref;

/// A place in a source file. Line and column count from 1; 0 means unknown (a definition built by a program).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    pub line: u32,
    pub column: u32,
}

/// A value and the place where it was written. Two are equal when their values are.
#[derive(Debug, Clone, Default, Eq, Serialize, Deserialize)]
pub struct Located<T> {
    pub value: T,
    pub location: Location,
}

impl<T> Located<T> {
    pub fn new(value: T, location: Location) -> Self {
        Located { value, location }
    }

    /// A value that stands in no file.
    pub fn nowhere(value: T) -> Self {
        Located::new(value, Location::default())
    }
}

impl<T: PartialEq> PartialEq for Located<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T> Deref for Located<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}
