fn main() {
    driver::Operations::new()
        .add_fallible("clamp", |(number, low, high): (i64, i64, i64)| submission::clamp(number, low, high))
        .serve();
}
