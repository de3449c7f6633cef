use std::cmp::Ordering;
use std::collections::HashMap;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuantityError {
    /// The number of the line, from 1.
    BadDefinition(usize),
    Syntax,
    UnknownUnit(String),
    Mismatch,
    Order,
    NotWhole,
}

/// A fraction in lowest terms that is not negative.
#[derive(Clone, Copy)]
struct Ratio {
    top: i128,
    bottom: i128,
}

impl Ratio {
    fn new(top: i128, bottom: i128) -> Ratio {
        let (mut divisor, mut rest) = (top, bottom);
        while rest != 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        Ratio { top: top / divisor, bottom: bottom / divisor }
    }

    fn times(self, other: Ratio) -> Ratio {
        let (left, right) = (Ratio::new(self.top, other.bottom), Ratio::new(other.top, self.bottom));
        Ratio { top: left.top * right.top, bottom: left.bottom * right.bottom }
    }

    fn over(self, other: Ratio) -> Ratio {
        self.times(Ratio { top: other.bottom, bottom: other.top })
    }

    fn plus(self, other: Ratio) -> Ratio {
        Ratio::new(self.top * other.bottom + other.top * self.bottom, self.bottom * other.bottom)
    }

    fn at_least(self, other: Ratio) -> bool {
        self.top * other.bottom >= other.top * self.bottom
    }
}

/// A number and the name of a unit, as written.
struct Term<'a> {
    number: Ratio,
    whole: bool,
    unit: &'a str,
}

#[derive(Clone)]
struct Unit {
    base: String,
    factor: Ratio,
}

/// A table of units, each a multiple of a base unit.
pub struct Units {
    by_name: HashMap<String, Unit>,
}

impl Units {
    pub fn parse(definitions: &str) -> Result<Units, QuantityError> {
        let mut units = Units { by_name: HashMap::new() };
        for (at, line) in definitions.split('\n').enumerate() {
            let code = line.split('#').next().unwrap_or("").trim_matches(' ');
            if !code.is_empty() {
                units.define(code).ok_or(QuantityError::BadDefinition(at + 1))?;
            }
        }
        Ok(units)
    }

    /// Adds a unit; None if the definition is wrong.
    fn define(&mut self, code: &str) -> Option<()> {
        let mut cursor = Cursor { rest: code };
        let name = cursor.word(char::is_ascii_alphabetic)?;
        let unit = if cursor.rest.is_empty() {
            Unit { base: name.to_string(), factor: Ratio { top: 1, bottom: 1 } }
        } else {
            cursor.skip('=').then_some(())?;
            let term = cursor.term().filter(|term| term.number.top > 0 && cursor.rest.is_empty())?;
            let known = self.by_name.get(term.unit)?;
            Unit { base: known.base.clone(), factor: known.factor.times(term.number) }
        };
        self.by_name.insert(name.to_string(), unit).is_none().then_some(())
    }

    /// The quantity in the target unit, such as `2.25 h`.
    pub fn convert(&self, text: &str, target: &str) -> Result<String, QuantityError> {
        let (negative, terms) = parse_text(text).ok_or(QuantityError::Syntax)?;
        let units: Vec<&Unit> = terms.iter().map(|term| self.find(term.unit)).collect::<Result<_, _>>()?;
        let wanted = self.find(target)?;
        if units.iter().any(|unit| unit.base != wanted.base) {
            return Err(QuantityError::Mismatch);
        }
        let values: Vec<Ratio> = terms.iter().zip(&units).map(|(term, unit)| term.number.times(unit.factor)).collect();
        for at in 1..terms.len() {
            let before = units[at - 1].factor;
            if units[at].factor.at_least(before) || values[at].at_least(before) {
                return Err(QuantityError::Order);
            }
        }
        if terms[..terms.len() - 1].iter().any(|term| !term.whole) {
            return Err(QuantityError::NotWhole);
        }
        let sum = values.into_iter().fold(Ratio { top: 0, bottom: 1 }, Ratio::plus);
        Ok(format!("{} {target}", decimal(negative, sum.over(wanted.factor))))
    }

    fn find(&self, name: &str) -> Result<&Unit, QuantityError> {
        self.by_name.get(name).ok_or_else(|| QuantityError::UnknownUnit(name.to_string()))
    }
}

/// Whether there is a minus, and the terms.
fn parse_text(text: &str) -> Option<(bool, Vec<Term<'_>>)> {
    let mut cursor = Cursor { rest: text.trim_matches(' ') };
    let negative = cursor.skip('-');
    let mut terms = vec![cursor.term()?];
    while !cursor.rest.is_empty() {
        terms.push(cursor.term()?);
    }
    Some((negative, terms))
}

struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn term(&mut self) -> Option<Term<'a>> {
        let (number, whole) = self.number()?;
        let unit = self.word(char::is_ascii_alphabetic)?;
        Some(Term { number, whole, unit })
    }

    /// A number, and whether it is written without point and slash.
    fn number(&mut self) -> Option<(Ratio, bool)> {
        let text = self.word(|each| each.is_ascii_digit() || matches!(each, '.' | '/'))?;
        if let Some((whole, fraction)) = text.split_once('.') {
            let scale = 10i128.checked_pow(fraction.len() as u32)?;
            return Some((Ratio::new(digits(whole)? * scale + digits(fraction)?, scale), false));
        }
        if let Some((top, bottom)) = text.split_once('/') {
            let bottom = digits(bottom).filter(|bottom| *bottom > 0)?;
            return Some((Ratio::new(digits(top)?, bottom), false));
        }
        Some((Ratio { top: digits(text)?, bottom: 1 }, true))
    }

    /// One or more of these characters; the spaces after them are skipped.
    fn word(&mut self, belongs: impl Fn(&char) -> bool) -> Option<&'a str> {
        let end = self.rest.find(|each| !belongs(&each)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start_matches(' ');
        (!word.is_empty()).then_some(word)
    }

    fn skip(&mut self, sign: char) -> bool {
        let Some(rest) = self.rest.strip_prefix(sign) else { return false };
        self.rest = rest.trim_start_matches(' ');
        true
    }
}

fn digits(text: &str) -> Option<i128> {
    // `parse` alone would take a sign.
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

fn decimal(negative: bool, value: Ratio) -> String {
    const SCALE: i128 = 1_000_000;
    let scaled = value.top * SCALE;
    let (mut rounded, rest) = (scaled / value.bottom, scaled % value.bottom);
    match (2 * rest).cmp(&value.bottom) {
        Ordering::Greater => rounded += 1,
        Ordering::Equal => rounded += rounded % 2,
        Ordering::Less => {}
    }
    let sign = if negative && rounded > 0 { "-" } else { "" };
    let text = format!("{sign}{}.{:06}", rounded / SCALE, rounded % SCALE);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}
