mod support;

use candidate::call;
use support::filled;

#[test]
fn keeps_what_was_used() {
    let cache = filled(2, &["a", "b"]);
    assert_eq!(call("get", (cache, "a")), Ok(Some(0)));
    call::<()>("put", (cache, "ü\n\u{1f600}", 2)).unwrap();
    assert_eq!(call("keys", (cache,)), Ok(vec!["a".to_string(), "ü\n\u{1f600}".to_string()]));
}

mod refusals {
    use super::*;

    #[test]
    fn capacity() {
        let error = call::<usize>("new", (0,)).unwrap_err();
        assert_eq!(error.kind, "CapacityError");
    }

    #[test]
    fn missing_key() {
        let cache = filled(3, &["a"]);
        assert_eq!(call("get", (cache, "z")), Ok(None::<i64>));
        assert_eq!(call("get", (cache, "a")), Ok(Some(0)));
    }
}
