//! JSON values, with numbers kept as they are written.

use std::collections::BTreeMap;
use std::fmt;

const MAX_DEPTH: usize = 256;

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    /// A number as JSON has it, such as `-1`, `2.5` or `1e300`.
    Number(String),
    String(String),
    Array(Vec<Value>),
    Object(BTreeMap<String, Value>),
}

impl Value {
    /// Parses one value. The error says what is wrong, and at which byte.
    pub fn parse(text: &str) -> Result<Value, String> {
        let mut parser = Parser { text, bytes: text.as_bytes(), at: 0 };
        let value = parser.value(0)?;
        parser.space();
        if parser.at < parser.bytes.len() {
            return Err(parser.wrong("nothing more"));
        }
        Ok(value)
    }

    /// An item of an array or of an object; null if there is none.
    pub fn get<'a>(&'a self, key: impl Key<'a>) -> &'a Value {
        key.find(self).unwrap_or(&Value::Null)
    }
}

pub trait Key<'a> {
    fn find(self, value: &'a Value) -> Option<&'a Value>;
}

impl<'a> Key<'a> for usize {
    fn find(self, value: &'a Value) -> Option<&'a Value> {
        if let Value::Array(items) = value { items.get(self) } else { None }
    }
}

impl<'a> Key<'a> for &str {
    fn find(self, value: &'a Value) -> Option<&'a Value> {
        if let Value::Object(items) = value { items.get(self) } else { None }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => out.write_str("null"),
            Value::Bool(value) => write!(out, "{value}"),
            Value::Number(digits) => out.write_str(digits),
            Value::String(text) => write_text(out, text),
            Value::Array(items) => {
                out.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.write_str(",")?;
                    }
                    write!(out, "{item}")?;
                }
                out.write_str("]")
            }
            Value::Object(items) => {
                out.write_str("{")?;
                for (at, (key, item)) in items.iter().enumerate() {
                    if at > 0 {
                        out.write_str(",")?;
                    }
                    write_text(out, key)?;
                    write!(out, ":{item}")?;
                }
                out.write_str("}")
            }
        }
    }
}

fn write_text(out: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    out.write_str("\"")?;
    for each in text.chars() {
        match each {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            each if (each as u32) < 0x20 => write!(out, "\\u{:04x}", each as u32)?,
            each => write!(out, "{each}")?,
        }
    }
    out.write_str("\"")
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > MAX_DEPTH {
            return Err(format!("a value is nested more than {MAX_DEPTH} levels deep"));
        }
        self.space();
        match self.peek() {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => Ok(Value::String(self.string()?)),
            b'-' | b'0'..=b'9' => self.number(),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, String> {
        let mut items = BTreeMap::new();
        self.at += 1;
        self.space();
        while self.peek() != b'}' {
            if !items.is_empty() {
                self.expect(b',', "',' or '}'")?;
                self.space();
            }
            if self.peek() != b'"' {
                return Err(self.wrong("a key"));
            }
            let key = self.string()?;
            self.space();
            self.expect(b':', "':'")?;
            items.insert(key, self.value(depth + 1)?);
            self.space();
        }
        self.at += 1;
        Ok(Value::Object(items))
    }

    fn array(&mut self, depth: usize) -> Result<Value, String> {
        let mut items = Vec::new();
        self.at += 1;
        self.space();
        while self.peek() != b']' {
            if !items.is_empty() {
                self.expect(b',', "',' or ']'")?;
            }
            items.push(self.value(depth + 1)?);
            self.space();
        }
        self.at += 1;
        Ok(Value::Array(items))
    }

    fn word(&mut self) -> Result<Value, String> {
        for (word, value) in [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))] {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.wrong("a value"))
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.at;
        if self.peek() == b'-' {
            self.at += 1;
        }
        if self.peek() == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == b'.' {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.peek(), b'+' | b'-') {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Value::Number(self.text[start..self.at].to_string()))
    }

    fn digits(&mut self) -> Result<(), String> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        if self.at == start { Err(self.wrong("a digit")) } else { Ok(()) }
    }

    fn string(&mut self) -> Result<String, String> {
        let mut text = String::new();
        self.at += 1;
        loop {
            let start = self.at;
            while !matches!(self.peek(), b'"' | b'\\' | 0..=0x1f) {
                self.at += 1;
            }
            text.push_str(&self.text[start..self.at]);
            match self.peek() {
                b'"' => break,
                b'\\' => text.push(self.escape()?),
                _ => return Err(self.wrong("a character of a text")),
            }
        }
        self.at += 1;
        Ok(text)
    }

    fn escape(&mut self) -> Result<char, String> {
        self.at += 1;
        let kind = self.peek();
        self.at += 1;
        Ok(match kind {
            b'"' | b'\\' | b'/' => kind as char,
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err(self.wrong("an escape")),
        })
    }

    /// A code unit, or a pair of them. A surrogate without its pair becomes U+FFFD, because a text cannot have it.
    fn unicode(&mut self) -> Result<char, String> {
        let first = self.code_unit()?;
        if !(0xd800..0xdc00).contains(&first) || !self.text[self.at..].starts_with("\\u") {
            return Ok(char::from_u32(first).unwrap_or('\u{fffd}'));
        }
        let before = self.at;
        self.at += 2;
        let second = self.code_unit()?;
        if (0xdc00..0xe000).contains(&second) {
            let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return Ok(char::from_u32(code).unwrap_or('\u{fffd}'));
        }
        self.at = before;
        Ok('\u{fffd}')
    }

    fn code_unit(&mut self) -> Result<u32, String> {
        let digits = self.bytes.get(self.at..self.at + 4).unwrap_or_default();
        if digits.len() < 4 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(self.wrong("four hexadecimal digits"));
        }
        let code = u32::from_str_radix(&self.text[self.at..self.at + 4], 16);
        self.at += 4;
        code.map_err(|error| error.to_string())
    }

    fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    /// The next byte; 0 at the end, which is valid nowhere.
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn expect(&mut self, byte: u8, what: &str) -> Result<(), String> {
        if self.peek() != byte {
            return Err(self.wrong(what));
        }
        self.at += 1;
        Ok(())
    }

    fn wrong(&self, wanted: &str) -> String {
        format!("not JSON at byte {}: expected {wanted}", self.at)
    }
}

/// From a Rust value to JSON.
pub trait ToJson {
    fn to_json(&self) -> Value;
}

/// From JSON to a Rust value. The error says what was found instead.
pub trait FromJson: Sized {
    fn from_json(value: &Value) -> Result<Self, String>;
}

fn unlike<T>(value: &Value, wanted: &str) -> Result<T, String> {
    let found: String = value.to_string().chars().take(200).collect();
    Err(format!("{found} is not {wanted}"))
}

macro_rules! integers {
    ($($kind:ty),*) => {$(
        impl ToJson for $kind {
            fn to_json(&self) -> Value {
                Value::Number(self.to_string())
            }
        }
        impl FromJson for $kind {
            fn from_json(value: &Value) -> Result<Self, String> {
                let digits = if let Value::Number(digits) = value { digits.as_str() } else { "" };
                digits.parse().or_else(|_| unlike(value, concat!("an integer of type ", stringify!($kind))))
            }
        }
    )*};
}

integers!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

impl ToJson for f64 {
    /// JSON has no infinity and no NaN: they become null.
    fn to_json(&self) -> Value {
        if self.is_finite() { Value::Number(format!("{self:?}")) } else { Value::Null }
    }
}

impl FromJson for f64 {
    fn from_json(value: &Value) -> Result<Self, String> {
        let digits = if let Value::Number(digits) = value { digits.as_str() } else { "" };
        digits.parse().or_else(|_| unlike(value, "a number"))
    }
}

impl ToJson for bool {
    fn to_json(&self) -> Value {
        Value::Bool(*self)
    }
}

impl FromJson for bool {
    fn from_json(value: &Value) -> Result<Self, String> {
        if let Value::Bool(found) = value { Ok(*found) } else { unlike(value, "a truth value") }
    }
}

impl ToJson for str {
    fn to_json(&self) -> Value {
        Value::String(self.to_string())
    }
}

impl ToJson for String {
    fn to_json(&self) -> Value {
        Value::String(self.clone())
    }
}

impl FromJson for String {
    fn from_json(value: &Value) -> Result<Self, String> {
        if let Value::String(found) = value { Ok(found.clone()) } else { unlike(value, "a text") }
    }
}

impl ToJson for Value {
    fn to_json(&self) -> Value {
        self.clone()
    }
}

impl FromJson for Value {
    fn from_json(value: &Value) -> Result<Self, String> {
        Ok(value.clone())
    }
}

impl ToJson for () {
    fn to_json(&self) -> Value {
        Value::Null
    }
}

impl FromJson for () {
    fn from_json(_: &Value) -> Result<Self, String> {
        Ok(())
    }
}

impl<T: ToJson + ?Sized> ToJson for &T {
    fn to_json(&self) -> Value {
        (**self).to_json()
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn to_json(&self) -> Value {
        self.as_ref().map_or(Value::Null, ToJson::to_json)
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(value: &Value) -> Result<Self, String> {
        if *value == Value::Null { Ok(None) } else { T::from_json(value).map(Some) }
    }
}

impl<T: ToJson> ToJson for [T] {
    fn to_json(&self) -> Value {
        Value::Array(self.iter().map(ToJson::to_json).collect())
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn to_json(&self) -> Value {
        self.as_slice().to_json()
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(value: &Value) -> Result<Self, String> {
        if let Value::Array(items) = value { items.iter().map(T::from_json).collect() } else { unlike(value, "an array") }
    }
}

impl<T: ToJson> ToJson for BTreeMap<String, T> {
    fn to_json(&self) -> Value {
        Value::Object(self.iter().map(|(key, item)| (key.clone(), item.to_json())).collect())
    }
}

impl<T: FromJson> FromJson for BTreeMap<String, T> {
    fn from_json(value: &Value) -> Result<Self, String> {
        if let Value::Object(items) = value {
            items.iter().map(|(key, item)| Ok((key.clone(), T::from_json(item)?))).collect()
        } else {
            unlike(value, "an object")
        }
    }
}

macro_rules! tuples {
    ($(($($kind:ident $at:tt),+) $count:literal;)*) => {$(
        impl<$($kind: ToJson),+> ToJson for ($($kind,)+) {
            fn to_json(&self) -> Value {
                Value::Array(vec![$(self.$at.to_json()),+])
            }
        }
        impl<$($kind: FromJson),+> FromJson for ($($kind,)+) {
            fn from_json(value: &Value) -> Result<Self, String> {
                match value {
                    Value::Array(items) if items.len() == $count => Ok(($($kind::from_json(&items[$at])?,)+)),
                    _ => unlike(value, concat!("an array of ", stringify!($count))),
                }
            }
        }
    )*};
}

tuples! {
    (A 0) 1;
    (A 0, B 1) 2;
    (A 0, B 1, C 2) 3;
    (A 0, B 1, C 2, D 3) 4;
    (A 0, B 1, C 2, D 3, E 4) 5;
    (A 0, B 1, C 2, D 3, E 4, F 5) 6;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(text: &str) -> String {
        Value::parse(text).unwrap().to_string()
    }

    #[test]
    fn values_stay_what_they_are() {
        for text in [
            "null", "true", "false", "0", "-1", "2.5", "1e300", "-0.0", "123456789012345678901234567890", "\"\"", "[]",
            "{}", "[1,[2,null]]", "{\"a\":{\"b\":[]}}", "\"\\u0000\\n\\\"\\\\\"", "\"ü😀\"",
        ] {
            assert_eq!(round_trip(text), text);
        }
        assert_eq!(round_trip(" [ 1 , { \"a\" : 2 } ] "), "[1,{\"a\":2}]");
    }

    #[test]
    fn escapes_are_decoded() {
        let decoded = |text: &str| String::from_json(&Value::parse(text).unwrap()).unwrap();
        assert_eq!(decoded(r#""\/\b\f\r\t\u00fc""#), "/\u{8}\u{c}\r\tü");
        assert_eq!(decoded(r#""\ud83d\ude00""#), "😀");
        assert_eq!(decoded(r#""\ud83dx""#), "\u{fffd}x");
        assert_eq!(decoded(r#""\ude00\ud83d\u0041""#), "\u{fffd}\u{fffd}A");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "", "nul", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":1,}", "{a:1}", "01", "1.", "-", "1e", ".5", "+1", "NaN", "\"\n\"",
            "\"\\x\"", "\"\\u12\"", "\"abc", "[", "{\"a\":", "1 2", "'a'", "\"\\u12\u{fc}\"",
        ] {
            assert!(Value::parse(text).is_err(), "{text}");
        }
        assert!(Value::parse(&"[".repeat(100_000)).unwrap_err().contains("nested"));
        assert!(Value::parse(&format!("{}{}", "[".repeat(200), "]".repeat(200))).is_ok());
    }

    #[test]
    fn rust_values_are_converted() {
        let value = (1u8, "a", vec![Some(1.5), None], true).to_json();
        assert_eq!(value.to_string(), "[1,\"a\",[1.5,null],true]");
        assert_eq!(FromJson::from_json(&value), Ok((1i64, "a".to_string(), vec![Some(1.5), None], true)));
        assert_eq!(u64::from_json(&u64::MAX.to_json()), Ok(u64::MAX));
        assert!(u8::from_json(&Value::parse("256").unwrap()).unwrap_err().contains("256 is not an integer"));
        assert!(i32::from_json(&Value::parse("1.0").unwrap()).is_err());
        assert_eq!(f64::NAN.to_json(), Value::Null);
        assert_eq!(f64::from_json(&1e300.to_json()), Ok(1e300));
    }
}
