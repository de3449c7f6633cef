#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub minutes: u32,
    /// The units that are left in the battery.
    pub units: u32,
    pub moves: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanError {
    BadMap,
    NoPlan,
}

/// The best plan from `S` to `G`.
pub fn plan(map: &str, battery: u32, period: u32) -> Result<Plan, PlanError> {
    todo!("not implemented")
}
