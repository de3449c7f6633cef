mod support;

use candidate::call;

#[test]
fn extremes() {
    let cache = support::filled(2, &[]);
    for number in [i64::MIN, i64::MAX] {
        call::<()>("put", (cache, "n", number)).unwrap();
        assert_eq!(call("get", (cache, "n")), Ok(Some(number)));
    }
}
