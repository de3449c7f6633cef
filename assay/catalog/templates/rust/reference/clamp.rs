pub fn clamp(number: i64, low: i64, high: i64) -> Result<i64, String> {
    if low > high {
        return Err("low is above high".to_string());
    }
    Ok(number.max(low).min(high))
}
