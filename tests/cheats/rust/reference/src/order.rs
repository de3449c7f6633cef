pub type Entries = Vec<(String, i64)>;

pub fn remove(entries: &mut Entries, key: &str) -> Option<i64> {
    let at = entries.iter().position(|(each, _)| each == key)?;
    Some(entries.remove(at).1)
}
