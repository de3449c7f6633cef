use driver::{Objects, Operations};
use std::cell::RefCell;
use submission::{QuantityError, Units};

fn text(error: QuantityError) -> String {
    match error {
        QuantityError::BadDefinition(line) => format!("BadDefinition {line}"),
        QuantityError::Syntax => "Syntax".to_string(),
        QuantityError::UnknownUnit(name) => format!("UnknownUnit {name}"),
        QuantityError::Mismatch => "Mismatch".to_string(),
        QuantityError::Order => "Order".to_string(),
        QuantityError::NotWhole => "NotWhole".to_string(),
    }
}

fn main() {
    let tables: RefCell<Objects<Units>> = RefCell::default();
    Operations::new()
        .add_fallible("parse", |(definitions,): (String,)| {
            Units::parse(&definitions).map(|units| tables.borrow_mut().add(units)).map_err(text)
        })
        .add_fallible("convert", |(table, quantity, target): (usize, String, String)| {
            tables.borrow_mut().get(table).convert(&quantity, &target).map_err(text)
        })
        .serve();
}
