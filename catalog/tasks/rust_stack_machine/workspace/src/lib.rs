#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Push(i64),
    Pick(usize),
    Poke(usize),
    Drop(usize),
    Add,
    Sub,
    Mul,
    Div,
    Less,
    Jump(usize),
    JumpIf(usize),
    Call(usize),
    Return,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    pub params: usize,
    pub results: usize,
    pub code: Vec<Op>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    NoFunction,
    BadTarget,
    Underflow,
    BadReturn,
    FallsOff,
    Mismatch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub function: usize,
    pub at: usize,
    pub problem: Problem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    OutOfFuel,
    TooManyCalls,
    DivideByZero,
    Overflow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunError {
    BadCall,
    Trap { function: usize, at: usize, cause: Cause },
}

/// A verified program.
pub struct Machine {}

impl Machine {
    pub fn verify(program: Vec<Function>) -> Result<Machine, Fault> {
        todo!("not implemented")
    }

    /// The largest number of values in all frames together.
    pub fn need(&self, function: usize) -> Option<usize> {
        todo!("not implemented")
    }

    /// The results and the fuel that is left.
    pub fn run(&self, function: usize, arguments: &[i64], fuel: u64) -> Result<(Vec<i64>, u64), RunError> {
        todo!("not implemented")
    }
}
