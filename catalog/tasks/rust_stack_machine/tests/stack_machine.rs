use candidate::call;

type Code = Vec<(String, i64)>;
type Program = Vec<(usize, usize, Code)>;

#[derive(Clone, Copy)]
struct Machine(usize);

impl Machine {
    fn need(self, function: usize) -> Option<usize> {
        call("need", (self.0, function)).unwrap()
    }

    fn run(self, function: usize, arguments: &[i64], fuel: u64) -> Result<(Vec<i64>, u64), String> {
        call("run", (self.0, function, arguments, fuel)).map_err(|error| error.message)
    }

    /// The results of function 0.
    fn results(self, arguments: &[i64]) -> Vec<i64> {
        self.run(0, arguments, 10_000).unwrap().0
    }
}

/// A function, with its code as text: `push 2, add, return`.
fn function(params: usize, results: usize, code: &str) -> (usize, usize, Code) {
    let op = |text: &str| {
        let (name, number) = text.trim().split_once(' ').unwrap_or((text.trim(), "0"));
        (name.to_string(), number.parse().unwrap())
    };
    (params, results, code.split(',').filter(|text| !text.trim().is_empty()).map(op).collect())
}

fn try_verify(program: &Program) -> Result<Machine, String> {
    call("verify", (program,)).map(Machine).map_err(|error| error.message)
}

fn machine(functions: &[(usize, usize, &str)]) -> Machine {
    let program = functions.iter().map(|(params, results, code)| function(*params, *results, code)).collect();
    try_verify(&program).unwrap_or_else(|fault| panic!("{fault}"))
}

fn fault(functions: &[(usize, usize, &str)]) -> String {
    let program = functions.iter().map(|(params, results, code)| function(*params, *results, code)).collect();
    try_verify(&program).map(|_| ()).unwrap_err()
}

#[test]
fn values_are_moved() {
    assert_eq!(machine(&[(0, 2, "push 7, push -8, return")]).results(&[]), [7, -8]);
    assert_eq!(machine(&[(3, 5, "pick 2, pick 1, return")]).results(&[1, 2, 3]), [1, 2, 3, 1, 3]);
    assert_eq!(machine(&[(4, 3, "poke 2, return")]).results(&[1, 2, 3, 4]), [4, 2, 3]);
    assert_eq!(machine(&[(2, 1, "poke 0, return")]).results(&[1, 2]), [2]);
    assert_eq!(machine(&[(4, 2, "drop 0, drop 2, return")]).results(&[1, 2, 3, 4]), [1, 2]);
    assert_eq!(machine(&[(3, 3, "return")]).results(&[5, 6, 7]), [5, 6, 7]);
    assert_eq!(machine(&[(1, 0, "drop 1, return")]).results(&[5]), []);
}

#[test]
fn numbers_are_computed() {
    for (op, left, right, expected) in [
        ("add", 2, 3, 5),
        ("sub", 2, 3, -1),
        ("mul", -4, 3, -12),
        ("div", 7, 2, 3),
        ("div", -7, 2, -4),
        ("div", 7, -2, -4),
        ("div", -7, -2, 3),
        ("div", -8, 2, -4),
        ("div", i64::MIN, 3, -3_074_457_345_618_258_603),
        ("less", 2, 3, 1),
        ("less", 3, 3, 0),
        ("less", 3, 2, 0),
        ("less", i64::MIN, i64::MAX, 1),
    ] {
        let machine = machine(&[(2, 1, &format!("{op}, return"))]);
        assert_eq!(machine.results(&[left, right]), [expected], "{left} {op} {right}");
    }
}

#[test]
fn jumps_loop_and_branch() {
    // The sum of the numbers from n down to 1.
    let sum =
        machine(&[(1, 1, "push 0, pick 1, if 5, poke 0, return, pick 1, add, pick 1, push -1, add, poke 1, jump 1")]);
    assert_eq!(sum.results(&[4]), [10]);
    assert_eq!(sum.results(&[0]), [0]);
    let choose = machine(&[(1, 1, "if 3, push 10, return, push 20, return")]);
    assert_eq!(choose.results(&[0]), [10]);
    assert_eq!(choose.results(&[1]), [20]);
    assert_eq!(choose.results(&[-1]), [20]);
    assert_eq!(machine(&[(0, 1, "jump 2, return, push 5, jump 1")]).results(&[]), [5]);
}

#[test]
fn calls_have_their_own_frames() {
    let program =
        machine(&[(1, 4, "push 5, push 6, pick 2, call 1, return"), (2, 2, "pick 1, pick 1, sub, poke 1, return")]);
    assert_eq!(program.results(&[9]), [9, 5, -3, 9]);
    let factorial = machine(&[(
        1,
        1,
        "pick 0, if 4, drop 1, jump 9, pick 0, push -1, add, call 0, jump 11, push 1, return, mul, return",
    )]);
    assert_eq!(factorial.results(&[10]), [3_628_800]);
    let nothing = machine(&[(0, 1, "push 1, call 1, call 1, return"), (0, 0, "push 3, drop 1, return")]);
    assert_eq!(nothing.results(&[]), [1]);
    assert_eq!(nothing.run(1, &[], 9), Ok((vec![], 6)));
}

#[test]
fn fuel_is_counted_before_all_else() {
    let square = machine(&[(1, 1, "pick 0, mul, return")]);
    assert_eq!(square.run(0, &[7], 5), Ok((vec![49], 2)));
    assert_eq!(square.run(0, &[7], 3), Ok((vec![49], 0)));
    assert_eq!(square.run(0, &[7], 2), Err("OutOfFuel 0:2".to_string()));
    assert_eq!(square.run(0, &[i64::MAX], 1), Err("OutOfFuel 0:1".to_string()));
    assert_eq!(square.run(0, &[7], 0), Err("OutOfFuel 0:0".to_string()));
    let caller = machine(&[(3, 2, "push 1, call 1, return"), (3, 1, "drop 2, return")]);
    assert_eq!(caller.run(0, &[1, 2, 3], 8), Ok((vec![1, 2], 0)));
    assert_eq!(caller.run(0, &[1, 2, 3], 4), Err("OutOfFuel 0:1".to_string()));
    assert_eq!(caller.run(0, &[1, 2, 3], 5), Err("OutOfFuel 1:0".to_string()));
    assert_eq!(caller.run(0, &[1, 2, 3], 7), Err("OutOfFuel 0:2".to_string()));
    assert_eq!(machine(&[(0, 0, "jump 0")]).run(0, &[], 5000), Err("OutOfFuel 0:0".to_string()));
    let zero = machine(&[(0, 1, "push 1, push 0, div, return")]);
    assert_eq!(zero.run(0, &[], 2), Err("OutOfFuel 0:2".to_string()));
}

#[test]
fn frames_are_limited() {
    // Calls itself n times.
    let program = machine(&[(1, 0, "pick 0, if 4, drop 1, return, push -1, add, call 0, return")]);
    assert_eq!(program.run(0, &[99], 10_000), Ok((vec![], 10_000 - 99 * 7 - 4)));
    assert_eq!(program.run(0, &[100], 10_000), Err("TooManyCalls 0:6".to_string()));
    assert_eq!(program.run(0, &[100], 99 * 6 + 5), Err("OutOfFuel 0:6".to_string()));
    let twice = machine(&[
        (0, 0, "push 90, call 1, push 90, call 1, return"),
        (1, 0, "pick 0, if 4, drop 1, return, push -1, add, call 1, return"),
    ]);
    assert!(twice.run(0, &[], 10_000).is_ok());
    assert_eq!(twice.run(1, &[100], 10_000), Err("TooManyCalls 1:6".to_string()));
}

#[test]
fn traps_are_located() {
    let at = |op: &str, left: i64, right: i64| {
        machine(&[(2, 1, "push 0, drop 1, call 1, return"), (2, 1, &format!("{op}, return"))])
            .run(0, &[left, right], 99)
            .unwrap_err()
    };
    assert_eq!(at("add", i64::MAX, 1), "Overflow 1:0");
    assert_eq!(at("sub", i64::MIN, 1), "Overflow 1:0");
    assert_eq!(at("sub", 0, i64::MIN), "Overflow 1:0");
    assert_eq!(at("mul", 1 << 32, 1 << 31), "Overflow 1:0");
    assert_eq!(at("div", i64::MIN, -1), "Overflow 1:0");
    assert_eq!(at("div", 5, 0), "DivideByZero 1:0");
    assert_eq!(at("div", i64::MIN, 0), "DivideByZero 1:0");
    let later = machine(&[(0, 1, "push 1, jump 3, return, push 0, div, return")]);
    assert_eq!(later.run(0, &[], 99), Err("DivideByZero 0:4".to_string()));
}

#[test]
fn bad_calls_are_refused() {
    let program = machine(&[(2, 1, "add, return"), (0, 0, "return")]);
    for (function, arguments) in [(0, &[1][..]), (0, &[1, 2, 3]), (0, &[]), (1, &[1]), (2, &[]), (99, &[1, 2])] {
        assert_eq!(program.run(function, arguments, 0), Err("BadCall".to_string()));
    }
    assert_eq!(program.run(0, &[1, 2], 2), Ok((vec![3], 0)));
    assert!(try_verify(&vec![]).is_ok_and(|empty| empty.run(0, &[], 9) == Err("BadCall".to_string())));
}

#[test]
fn underflow_is_found() {
    for code in
        ["add", "less", "pick 1", "poke 0", "drop 2", "drop 1, if 0", "call 1", "drop 1, pick 0", "push 1, poke 1"]
    {
        let at = code.split(',').count() - 1;
        let program = [(1, 0, code), (2, 0, "drop 2, return")];
        assert_eq!(fault(&program), format!("Underflow 0:{at}"), "{code}");
    }
    machine(&[(2, 0, "pick 1, drop 1, poke 0, pick 0, add, drop 1, return")]);
    assert_eq!(fault(&[(0, 0, "return"), (0, 0, "push 1, drop 2, return")]), "Underflow 1:1");
    assert_eq!(fault(&[(0, 0, "pick 9000000000000000000, return")]), "Underflow 0:0");
}

#[test]
fn targets_and_functions_must_exist() {
    assert_eq!(fault(&[(0, 0, "jump 2, return")]), "BadTarget 0:0");
    assert_eq!(fault(&[(1, 0, "if 9, return")]), "BadTarget 0:0");
    assert_eq!(fault(&[(0, 0, "if 9, return")]), "BadTarget 0:0");
    assert_eq!(fault(&[(0, 0, "push 0, if 2")]), "BadTarget 0:1");
    assert_eq!(fault(&[(0, 0, "call 1, return")]), "NoFunction 0:0");
    assert_eq!(fault(&[(0, 0, "call 1, return"), (0, 0, "push 1, call 2")]), "NoFunction 1:1");
    assert_eq!(fault(&[(0, 0, "return"), (0, 0, "call 5")]), "NoFunction 1:0");
}

#[test]
fn depths_must_agree() {
    assert_eq!(fault(&[(0, 1, "push 1, jump 0")]), "Mismatch 0:1");
    assert_eq!(fault(&[(1, 1, "if 2, push 1, push 2, return")]), "Mismatch 0:1");
    assert_eq!(fault(&[(1, 0, "if 3, push 1, jump 3, return")]), "Mismatch 0:2");
    // The lowest number comes first: 1 makes 2 known before 3 is examined.
    assert_eq!(fault(&[(1, 0, "if 3, push 1, return, jump 2")]), "BadReturn 0:2");
    assert_eq!(fault(&[(1, 1, "if 3, push 1, return, jump 2")]), "Mismatch 0:3");
    // Two ways to the same place from one instruction; then back to a place that is examined.
    machine(&[(1, 0, "if 1, return")]);
    machine(&[(2, 1, "pick 0, if 3, jump 4, jump 4, add, return")]);
    assert_eq!(fault(&[(2, 0, "pick 0, if 4, drop 2, return, drop 1, jump 0")]), "Mismatch 0:5");
    // After a jump ahead, the lower ones that it makes known later come first.
    assert_eq!(fault(&[(0, 0, "jump 3, push 1, add, push 1, if 1, drop 1, return")]), "Underflow 0:2");
    // The next one comes before the target.
    assert_eq!(fault(&[(1, 0, "jump 2, if 2, if 1")]), "FallsOff 0:2");
}

#[test]
fn functions_end_with_their_results() {
    assert_eq!(fault(&[(1, 2, "return")]), "BadReturn 0:0");
    assert_eq!(fault(&[(3, 2, "drop 0, return")]), "BadReturn 0:1");
    assert_eq!(fault(&[(0, 0, "push 1, return")]), "BadReturn 0:1");
    assert_eq!(machine(&[(0, 1, "call 1, drop 1, return"), (0, 2, "push 1, push 2, return")]).results(&[]), [1]);
    assert_eq!(fault(&[(0, 0, "")]), "FallsOff 0:0");
    assert_eq!(fault(&[(0, 0, "return"), (3, 3, "")]), "FallsOff 1:0");
    assert_eq!(fault(&[(0, 1, "push 1")]), "FallsOff 0:0");
    assert_eq!(fault(&[(1, 0, "jump 1, if 0")]), "FallsOff 0:1");
    assert_eq!(fault(&[(0, 0, "call 0")]), "FallsOff 0:0");
    assert_eq!(fault(&[(1, 0, "add")]), "Underflow 0:0");
    assert_eq!(machine(&[(0, 0, "return")]).results(&[]), []);
}

#[test]
fn only_reachable_code_counts() {
    let program = machine(&[(0, 1, "jump 3, add, jump 77, push 4, return, call 9, push 1")]);
    assert_eq!(program.results(&[]), [4]);
    assert_eq!(program.need(0), Some(1));
    assert_eq!(machine(&[(0, 0, "return, call 0, return")]).need(0), Some(0));
    // A branch counts even if it is never taken.
    assert_eq!(fault(&[(0, 0, "push 0, if 3, return, add")]), "Underflow 0:3");
}

#[test]
fn need_adds_the_frames() {
    assert_eq!(machine(&[(1, 1, "pick 0, mul, return")]).need(0), Some(2));
    assert_eq!(machine(&[(5, 0, "drop 5, return")]).need(0), Some(5));
    let program = machine(&[
        (1, 1, "push 1, push 2, call 1, drop 1, return"),
        (2, 1, "push 1, push 1, push 1, drop 4, call 2, return"),
        (1, 1, "push 0, if 4, push 1, jump 5, push 2, drop 1, return"),
        (0, 0, "push 1, if 3, jump 0, call 4, return"),
        (0, 0, "call 3, return"),
        (0, 0, "push 1, if 3, return, call 4, return"),
    ]);
    assert_eq!(program.need(2), Some(2));
    assert_eq!(program.need(1), Some(5));
    assert_eq!(program.need(0), Some(6));
    for function in [3, 4, 5, 6, 1000] {
        assert_eq!(program.need(function), None);
    }
    let kept = machine(&[(0, 3, "push 1, push 2, push 3, call 1, return"), (1, 1, "return"), (1, 0, "call 2, return")]);
    assert_eq!(kept.need(0), Some(3));
    assert_eq!(kept.need(2), None);
    // Called twice, but not by itself.
    let diamond =
        machine(&[(0, 0, "call 1, call 2, return"), (0, 0, "call 2, return"), (0, 0, "push 1, drop 1, return")]);
    assert_eq!(diamond.need(0), Some(1));
    assert_eq!(diamond.run(0, &[], 99), Ok((vec![], 88)));
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as i64) % limit
    }
}

/// The depth of every instruction of a function, -1 where it is not known, or the fault.
fn depths(program: &Program, number: usize) -> Result<Vec<i64>, String> {
    let (params, results, code) = &program[number];
    let end = code.len() as i64;
    let mut depths = vec![-1; code.len()];
    depths[0] = *params as i64;
    let mut done = Vec::new();
    loop {
        let Some(at) = (0..code.len()).find(|at| depths[*at] >= 0 && !done.contains(at)) else { return Ok(depths) };
        done.push(at);
        let (name, n) = (code[at].0.as_str(), code[at].1);
        let failed = |problem: &str| Err(format!("{problem} {number}:{at}"));
        let (mut reach, mut change) = (0, 0);
        let mut next = vec![at as i64 + 1];
        match name {
            "push" => change = 1,
            "pick" => (reach, change) = (n + 1, 1),
            "poke" => (reach, change) = (n + 2, -1),
            "drop" => (reach, change) = (n, -n),
            "if" => {
                (reach, change) = (1, -1);
                next.push(n);
            }
            "jump" => next = vec![n],
            "return" => next = vec![],
            "call" => {
                let Some(callee) = program.get(n as usize) else { return failed("NoFunction") };
                (reach, change) = (callee.0 as i64, callee.1 as i64 - callee.0 as i64);
            }
            _ => (reach, change) = (2, -1),
        }
        if matches!(name, "if" | "jump") && n >= end {
            return failed("BadTarget");
        }
        if depths[at] < reach {
            return failed("Underflow");
        }
        if name == "return" && depths[at] != *results as i64 {
            return failed("BadReturn");
        }
        for next in next {
            if next == end {
                return failed("FallsOff");
            }
            let after = depths[at] + change;
            if depths[next as usize] >= 0 && depths[next as usize] != after {
                return failed("Mismatch");
            }
            depths[next as usize] = after;
        }
    }
}

/// None if more calls are nested than there are functions.
fn need(program: &Program, number: usize, nested: usize) -> Option<i64> {
    if nested > program.len() {
        return None;
    }
    let mut most = 0;
    for (depth, (name, n)) in depths(program, number).unwrap().into_iter().zip(&program[number].2) {
        most = most.max(depth);
        if name == "call" && depth >= 0 {
            let callee = *n as usize;
            most = most.max(depth - program[callee].0 as i64 + need(program, callee, nested + 1)?);
        }
    }
    Some(most)
}

#[test]
fn verification_agrees_with_a_model() {
    let mut random = Random(4);
    let mut verified = 0;
    for _ in 0..500 {
        let program: Program = (0..3)
            .map(|_| {
                let length = 2 + random.below(6);
                let mut code: Vec<String> = (0..length)
                    .map(|_| {
                        let name = ["push", "push", "pick", "poke", "drop", "add", "if", "jump", "call", "return"]
                            [random.below(10) as usize];
                        let limit = match name {
                            "jump" | "if" => length + i64::from(random.below(10) == 0) + 1,
                            "call" => 3 + i64::from(random.below(10) == 0),
                            _ => 2,
                        };
                        format!("{name} {}", random.below(limit))
                    })
                    .collect();
                code.push("return".to_string());
                function(random.below(3) as usize, random.below(2) as usize, &code.join(","))
            })
            .collect();
        let expected = (0..3).try_for_each(|number| depths(&program, number).map(|_| ()));
        let found = try_verify(&program);
        assert_eq!(found.as_ref().map(|_| ()).map_err(String::clone), expected, "{program:?}");
        if let Ok(machine) = found {
            verified += 1;
            for number in 0..3 {
                assert_eq!(machine.need(number).map(|need| need as i64), need(&program, number, 1), "{program:?}");
            }
        }
    }
    assert!(verified > 0);
}

/// Appends code that computes a random expression over the two arguments, and returns its value, if it has one, and how
/// many instructions ran. `above` values are above the arguments.
fn tree(random: &mut Random, code: &mut Vec<String>, given: [i64; 2], above: i64, depth: i64) -> (Option<i64>, u64) {
    if depth == 0 || random.below(8) == 0 {
        let which = random.below(3);
        if which == 2 {
            let value = random.below(2001) - 1000;
            code.push(format!("push {value}"));
            return (Some(value), 1);
        }
        code.push(format!("pick {}", above + 1 - which));
        return (Some(given[which as usize]), 1);
    }
    let (left, steps) = tree(random, code, given, above, depth - 1);
    if random.below(4) == 0 {
        let branch = code.len();
        code.push(String::new());
        let (no, no_steps) = tree(random, code, given, above, depth - 1);
        let jump = code.len();
        code.push(String::new());
        code[branch] = format!("if {}", code.len());
        let (yes, yes_steps) = tree(random, code, given, above, depth - 1);
        code[jump] = format!("jump {}", code.len());
        return match left {
            Some(0) => (no, steps + no_steps + 2),
            Some(_) => (yes, steps + yes_steps + 1),
            None => (None, 0),
        };
    }
    let (right, more) = tree(random, code, given, above + 1, depth - 1);
    let name = ["add", "sub", "mul", "div", "less"][random.below(5) as usize];
    code.push(name.to_string());
    let value = left.zip(right).and_then(|(left, right)| {
        let (a, b) = (i128::from(left), i128::from(right));
        let exact = match name {
            "add" => a + b,
            "sub" => a - b,
            "mul" => a * b,
            "less" => i128::from(a < b),
            _ if b == 0 => return None,
            _ if b < 0 => (-a).div_euclid(-b),
            _ => a.div_euclid(b),
        };
        i64::try_from(exact).ok()
    });
    (value, steps + more + 1)
}

#[test]
fn runs_agree_with_trees() {
    let mut random = Random(6);
    let mut values = 0;
    for _ in 0..80 {
        let given = [random.below(1 << 30) - (1 << 29), random.below(9) - 4];
        let mut code = Vec::new();
        let (value, steps) = tree(&mut random, &mut code, given, 0, 5);
        code.extend(["poke 1".to_string(), "drop 1".to_string(), "return".to_string()]);
        let machine = machine(&[(2, 1, &code.join(","))]);
        match value {
            Some(value) => {
                values += 1;
                assert_eq!(machine.run(0, &given, steps + 10), Ok((vec![value], 7)));
            }
            None => {
                let error = machine.run(0, &given, 10_000).unwrap_err();
                assert!(error.starts_with("Overflow") || error.starts_with("DivideByZero"), "{error}");
            }
        }
    }
    assert!(values > 20);
}
