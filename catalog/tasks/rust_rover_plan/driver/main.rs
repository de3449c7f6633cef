use submission::{plan, PlanError};

fn main() {
    driver::Operations::new()
        .add_fallible("plan", |(map, battery, period): (String, u32, u32)| {
            plan(&map, battery, period).map(|found| (found.minutes, found.units, found.moves)).map_err(|error| {
                match error {
                    PlanError::BadMap => "BadMap",
                    PlanError::NoPlan => "NoPlan",
                }
            })
        })
        .serve();
}
