use driver::{Objects, Operations};
use std::cell::RefCell;
use submission::{Cause, Function, Machine, Op, Problem, RunError};

type Code = Vec<(String, i64)>;

fn op((name, value): &(String, i64)) -> Op {
    let n = *value as usize;
    match name.as_str() {
        "push" => Op::Push(*value),
        "pick" => Op::Pick(n),
        "poke" => Op::Poke(n),
        "drop" => Op::Drop(n),
        "add" => Op::Add,
        "sub" => Op::Sub,
        "mul" => Op::Mul,
        "div" => Op::Div,
        "less" => Op::Less,
        "jump" => Op::Jump(n),
        "if" => Op::JumpIf(n),
        "call" => Op::Call(n),
        "return" => Op::Return,
        other => panic!("there is no instruction {other}"),
    }
}

fn verify(program: Vec<(usize, usize, Code)>) -> Result<Machine, String> {
    let function = |(params, results, code): &(usize, usize, Code)| Function {
        params: *params,
        results: *results,
        code: code.iter().map(op).collect(),
    };
    Machine::verify(program.iter().map(function).collect()).map_err(|fault| {
        let problem = match fault.problem {
            Problem::NoFunction => "NoFunction",
            Problem::BadTarget => "BadTarget",
            Problem::Underflow => "Underflow",
            Problem::BadReturn => "BadReturn",
            Problem::FallsOff => "FallsOff",
            Problem::Mismatch => "Mismatch",
        };
        format!("{problem} {}:{}", fault.function, fault.at)
    })
}

fn text(error: RunError) -> String {
    let RunError::Trap { function, at, cause } = error else { return "BadCall".to_string() };
    let cause = match cause {
        Cause::OutOfFuel => "OutOfFuel",
        Cause::TooManyCalls => "TooManyCalls",
        Cause::DivideByZero => "DivideByZero",
        Cause::Overflow => "Overflow",
    };
    format!("{cause} {function}:{at}")
}

fn main() {
    let machines: RefCell<Objects<Machine>> = RefCell::default();
    Operations::new()
        .add_fallible("verify", |(program,): (Vec<(usize, usize, Code)>,)| {
            verify(program).map(|machine| machines.borrow_mut().add(machine))
        })
        .add("need", |(machine, function): (usize, usize)| machines.borrow_mut().get(machine).need(function))
        .add_fallible("run", |(machine, function, arguments, fuel): (usize, usize, Vec<i64>, u64)| {
            machines.borrow_mut().get(machine).run(function, &arguments, fuel).map_err(text)
        })
        .serve();
}
