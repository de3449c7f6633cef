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

/// A table of units, each a multiple of a base unit.
pub struct Units {}

impl Units {
    pub fn parse(definitions: &str) -> Result<Units, QuantityError> {
        todo!("not implemented")
    }

    /// The quantity in the target unit, such as `2.25 h`.
    pub fn convert(&self, text: &str, target: &str) -> Result<String, QuantityError> {
        todo!("not implemented")
    }
}
