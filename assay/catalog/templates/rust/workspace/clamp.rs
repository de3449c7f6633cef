pub fn clamp(number: i64, low: i64, high: i64) -> Result<i64, String> {
    todo!()
}
