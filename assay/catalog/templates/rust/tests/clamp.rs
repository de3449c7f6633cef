use candidate::call;

#[test]
fn within() {
    assert_eq!(call("clamp", (5, 1, 9)), Ok(5));
    assert_eq!(call("clamp", (-2, -3, 0)), Ok(-2));
}

#[test]
fn beyond() {
    assert_eq!(call("clamp", (0, 1, 9)), Ok(1));
    assert_eq!(call("clamp", (10, 1, 9)), Ok(9));
}

#[test]
fn refused() {
    assert!(call::<i64>("clamp", (5, 9, 1)).is_err());
    assert_eq!(call("clamp", (5, 7, 7)), Ok(7));
}
