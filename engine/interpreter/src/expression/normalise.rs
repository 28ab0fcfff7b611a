//! Rewrites the words of an expression into evalexpr's spelling.
//!
//! Names become `v<n>`, literals `c<n>`, functions `f_<name>`, our own helpers `x_<name>`; so nothing that an author writes can be mistaken for a part
//! of evalexpr's own syntax (its `inf`, its comments, its assignments). What evalexpr lacks becomes calls:
//!
//! | written | becomes |
//! |---|---|
//! | `not a == b` | `!( v0 == v1 )` |
//! | `a in b`, `a not in b` | `v0 == x_in ( v1 )`, `v0 != x_in ( v1 )`: an operator of the right precedence |
//! | `a.b`, `a['b']`, `a[0]` | `x_at ( v0 , c0 )` |
//! | `[1, 2]` | `x_list ( c0 , c1 )` |
//! | `"to ${a}"` | `x_join ( c0 , v0 )` |

use super::tokens::{Piece, Word};
use super::{Fault, MAX_NESTING};
use serde_json::Value;

/// An expression in evalexpr's spelling, and what its places stand for.
#[derive(Debug, Default)]
pub(super) struct Normal {
    pub source: String,
    pub names: Vec<String>,
    pub constants: Vec<Value>,
}

pub(super) fn normalise(words: &[Word]) -> Result<Normal, Fault> {
    let mut rewriting = Rewriting::default();
    rewriting.levels.push(Level { opened: Opened::Top, start: 0, pending: 0, compared: false });
    rewriting.expression(words)?;
    rewriting.finish()
}

#[derive(Default)]
struct Rewriting {
    out: Vec<String>,
    names: Vec<String>,
    constants: Vec<Value>,
    levels: Vec<Level>,
    /// Where the operand that has just ended began; none where an operand is expected.
    operand: Option<usize>,
    paths: usize,
    prefixes: usize,
}

/// An open parenthesis or bracket.
struct Level {
    opened: Opened,
    start: usize,
    /// Parentheses that this rewriting has opened and must close at the next `and`, `or` or comma.
    pending: usize,
    /// There was a comparison since the last `and`, `or` or comma.
    compared: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Opened {
    Top,
    Group,
    Call,
    List,
    Index,
    Join,
}

impl Rewriting {
    fn expression(&mut self, words: &[Word]) -> Result<(), Fault> {
        let mut index = 0;
        while let Some(word) = words.get(index) {
            let next = words.get(index + 1);
            index += match word {
                Word::Literal(value) => self.literal(value.clone())?,
                Word::Pieces(pieces) => self.pieces(pieces)?,
                Word::Member(name) => self.member(name)?,
                Word::Sign(sign) => self.sign(sign, next)?,
                Word::Name(name) => self.name(name, next)?,
            };
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Normal, Fault> {
        if self.levels.len() > 1 {
            return Err(Fault::syntax("a bracket is not closed"));
        }
        self.expect_operand_before("the end")?;
        self.close_pending();
        Ok(Normal { source: self.out.join(" "), names: self.names, constants: self.constants })
    }

    fn emit(&mut self, text: impl Into<String>) {
        self.out.push(text.into());
    }

    fn literal(&mut self, value: Value) -> Result<usize, Fault> {
        self.begin_operand(&super::operations::describe(&value))?;
        self.operand = Some(self.out.len());
        self.constant(value);
        Ok(1)
    }

    fn constant(&mut self, value: Value) {
        let place = format!("c{}", self.constants.len());
        self.constants.push(value);
        self.emit(place);
    }

    fn pieces(&mut self, pieces: &[Piece]) -> Result<usize, Fault> {
        self.begin_operand("a text")?;
        self.open(Opened::Join, "x_join")?;
        for (index, piece) in pieces.iter().enumerate() {
            if index > 0 {
                self.emit(",");
            }
            self.operand = None;
            match piece {
                Piece::Text(text) => self.constant(Value::from(text.as_str())),
                Piece::Hole(words) => {
                    self.open(Opened::Group, "")?;
                    self.expression(words)?;
                    self.close(&[Opened::Group])?;
                }
            }
        }
        self.operand = Some(0);
        self.close(&[Opened::Join])?;
        Ok(1)
    }

    fn name(&mut self, name: &str, next: Option<&Word>) -> Result<usize, Fault> {
        match (name, next) {
            ("and" | "or", _) => self.connective(name),
            ("not", Some(Word::Name(second))) if second == "in" && self.operand.is_some() => self.membership("!=", 2),
            ("not", _) => self.prefix_not(),
            ("in", _) => self.membership("==", 1),
            ("is", Some(Word::Name(second))) if second == "not" => self.operator("!=", 2),
            ("is", _) => self.operator("==", 1),
            ("true" | "True", _) => self.literal(Value::Bool(true)),
            ("false" | "False", _) => self.literal(Value::Bool(false)),
            ("null" | "None", _) => self.literal(Value::Null),
            (function, Some(Word::Sign("("))) => {
                self.begin_operand(function)?;
                self.open(Opened::Call, &format!("f_{function}"))?;
                Ok(2)
            }
            (variable, _) => self.variable(variable),
        }
    }

    fn variable(&mut self, name: &str) -> Result<usize, Fault> {
        self.begin_operand(name)?;
        let place = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        self.operand = Some(self.out.len());
        self.emit(format!("v{place}"));
        Ok(1)
    }

    fn member(&mut self, name: &str) -> Result<usize, Fault> {
        self.wrap_operand(&format!(".{name}"))?;
        self.constant(Value::from(name));
        self.emit(")");
        Ok(1)
    }

    /// Puts `x_at (` before the operand that has just ended, and a comma after it.
    fn wrap_operand(&mut self, what: &str) -> Result<usize, Fault> {
        let start = self.operand.ok_or_else(|| Fault::syntax(format!("`{what}` follows nothing")))?;
        self.paths += 1;
        if self.paths > MAX_NESTING {
            return Err(too_deep());
        }
        self.out.splice(start..start, ["x_at".to_owned(), "(".to_owned()]);
        self.emit(",");
        Ok(start)
    }

    fn sign(&mut self, sign: &'static str, next: Option<&Word>) -> Result<usize, Fault> {
        match sign {
            "and" | "or" => self.connective(sign),
            "(" => {
                self.begin_operand("(")?;
                self.open(Opened::Group, "").map(|()| 1)
            }
            "[" if self.operand.is_none() => self.open(Opened::List, "x_list").map(|()| 1),
            "[" => {
                let start = self.wrap_operand("[")?;
                self.nest(Level { opened: Opened::Index, start, pending: 0, compared: false }).map(|()| 1)
            }
            ")" => self.close(&[Opened::Group, Opened::Call]),
            "]" => self.close(&[Opened::List, Opened::Index]),
            "," => self.comma(),
            "!" if self.operand.is_none() => self.prefix("!"),
            "-" if self.operand.is_none() => self.minus(next),
            "==" | "!=" | ">=" | "<=" | ">" | "<" | "+" | "-" | "*" | "/" | "%" | "^" => self.operator(sign, 1),
            "=" => Err(Fault::syntax("`=` sets nothing here; to compare write `==`")),
            _ => Err(Fault::syntax(format!("`{sign}` has no meaning here"))),
        }
    }

    /// A minus before a number makes a negative literal; evalexpr would bind it less tightly than `^`.
    fn minus(&mut self, next: Option<&Word>) -> Result<usize, Fault> {
        match next {
            Some(Word::Literal(Value::Number(number))) => {
                let negative = match number.as_i64() {
                    Some(whole) => Value::from(-whole),
                    None => Value::from(-number.as_f64().unwrap_or_default()),
                };
                self.literal(negative)?;
                Ok(2)
            }
            _ => self.prefix("-"),
        }
    }

    /// Each prefix is a level of the tree of its own, so their number is bounded like the nesting.
    fn prefix(&mut self, sign: &str) -> Result<usize, Fault> {
        self.prefixes += 1;
        if self.prefixes > MAX_NESTING {
            return Err(too_deep());
        }
        self.emit(sign);
        Ok(1)
    }

    fn operator(&mut self, sign: &str, words: usize) -> Result<usize, Fault> {
        self.expect_operand_before(sign)?;
        if is_comparison(sign) {
            self.compare_once()?;
        }
        self.emit(sign);
        self.operand = None;
        Ok(words)
    }

    /// Languages differ in what `a < b < c` means, so it is refused.
    fn compare_once(&mut self) -> Result<(), Fault> {
        match self.levels.last_mut() {
            Some(level) if level.compared => Err(Fault::syntax("comparisons cannot be chained; join them with `and`")),
            Some(level) => {
                level.compared = true;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn connective(&mut self, word: &str) -> Result<usize, Fault> {
        self.expect_operand_before(word)?;
        self.close_pending();
        self.emit(if word == "and" { "&&" } else { "||" });
        self.operand = None;
        Ok(1)
    }

    fn membership(&mut self, comparison: &str, words: usize) -> Result<usize, Fault> {
        self.operator(comparison, words)?;
        self.emit("x_in");
        self.emit("(");
        self.push_pending()?;
        Ok(words)
    }

    fn prefix_not(&mut self) -> Result<usize, Fault> {
        self.begin_operand("not")?;
        self.emit("!");
        self.emit("(");
        self.push_pending()?;
        Ok(1)
    }

    fn push_pending(&mut self) -> Result<(), Fault> {
        if self.depth() >= MAX_NESTING {
            return Err(too_deep());
        }
        if let Some(level) = self.levels.last_mut() {
            level.pending += 1;
        }
        Ok(())
    }

    /// Closes the pending parentheses: here ends what was compared and negated.
    fn close_pending(&mut self) {
        let Some(level) = self.levels.last_mut() else { return };
        level.compared = false;
        let closing = std::mem::take(&mut level.pending);
        self.out.extend((0..closing).map(|_| ")".to_owned()));
    }

    fn comma(&mut self) -> Result<usize, Fault> {
        self.expect_operand_before(",")?;
        self.close_pending();
        match self.levels.last().map(|level| level.opened) {
            Some(Opened::Call | Opened::List) => {
                self.emit(",");
                self.operand = None;
                Ok(1)
            }
            _ => Err(Fault::syntax("`,` separates the arguments of functions and the items of lists only")),
        }
    }

    fn open(&mut self, opened: Opened, function: &str) -> Result<(), Fault> {
        let start = self.out.len();
        if !function.is_empty() {
            self.emit(function);
        }
        self.emit("(");
        self.operand = None;
        self.nest(Level { opened, start, pending: 0, compared: false })
    }

    fn nest(&mut self, level: Level) -> Result<(), Fault> {
        if self.depth() >= MAX_NESTING {
            return Err(too_deep());
        }
        self.levels.push(level);
        self.operand = None;
        Ok(())
    }

    fn close(&mut self, expected: &[Opened]) -> Result<usize, Fault> {
        let is_empty = self.out.last().is_some_and(|last| last == "(");
        let fits = self.levels.last().is_some_and(|level| expected.contains(&level.opened));
        if !fits {
            return Err(Fault::syntax("a bracket is closed that was not opened"));
        }
        let may_be_empty = self.levels.last().is_some_and(|l| matches!(l.opened, Opened::Call | Opened::List));
        if !(is_empty && may_be_empty) {
            self.expect_operand_before("the closing bracket")?;
        }
        self.close_pending();
        self.emit(")");
        self.operand = self.levels.pop().map(|level| level.start);
        Ok(1)
    }

    fn depth(&self) -> usize {
        self.levels.iter().map(|level| 1 + level.pending).sum()
    }

    fn begin_operand(&self, what: &str) -> Result<(), Fault> {
        match self.operand {
            None => Ok(()),
            Some(_) => Err(Fault::syntax(format!("an operator is missing before `{what}`"))),
        }
    }

    fn expect_operand_before(&self, what: &str) -> Result<(), Fault> {
        match self.operand {
            Some(_) => Ok(()),
            None => Err(Fault::syntax(format!("a value is missing before `{what}`"))),
        }
    }
}

fn is_comparison(sign: &str) -> bool {
    matches!(sign, "==" | "!=" | ">=" | "<=" | ">" | "<")
}

fn too_deep() -> Fault {
    Fault::too_large(format!("nested deeper than {MAX_NESTING}"))
}
