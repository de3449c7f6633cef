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

const MAX_FRAMES: usize = 100;

/// A verified program.
pub struct Machine {
    program: Vec<Function>,
    /// By function and instruction; None where an instruction cannot be reached.
    depths: Vec<Vec<Option<usize>>>,
}

impl Machine {
    pub fn verify(program: Vec<Function>) -> Result<Machine, Fault> {
        let mut depths = Vec::new();
        for number in 0..program.len() {
            let found = find_depths(&program, number);
            depths.push(found.map_err(|(at, problem)| Fault { function: number, at, problem })?);
        }
        Ok(Machine { program, depths })
    }

    /// The largest number of values in all frames together.
    pub fn need(&self, function: usize) -> Option<usize> {
        let mut known = vec![None; self.program.len()];
        self.need_of(function, &mut Vec::new(), &mut known)
    }

    /// `callers` are the functions of the chain so far, `known` the needs that are found already.
    fn need_of(&self, number: usize, callers: &mut Vec<usize>, known: &mut [Option<usize>]) -> Option<usize> {
        let code = &self.program.get(number)?.code;
        if callers.contains(&number) {
            return None;
        }
        if known[number].is_some() {
            return known[number];
        }
        callers.push(number);
        let mut most = 0;
        for (op, depth) in code.iter().zip(&self.depths[number]) {
            let Some(depth) = *depth else { continue };
            most = most.max(depth);
            if let Op::Call(callee) = *op {
                let kept = depth - self.program[callee].params;
                most = most.max(kept + self.need_of(callee, callers, known)?);
            }
        }
        callers.pop();
        known[number] = Some(most);
        known[number]
    }

    /// The results and the fuel that is left.
    pub fn run(&self, function: usize, arguments: &[i64], mut fuel: u64) -> Result<(Vec<i64>, u64), RunError> {
        if self.program.get(function).map(|found| found.params) != Some(arguments.len()) {
            return Err(RunError::BadCall);
        }
        let mut callers: Vec<Frame> = Vec::new();
        let mut frame = Frame { function, at: 0, stack: arguments.to_vec() };
        loop {
            let op = self.program[frame.function].code[frame.at];
            let trap = |cause| RunError::Trap { function: frame.function, at: frame.at, cause };
            let moved = if let Op::Call(callee) = op { self.program[callee].params } else { 0 };
            fuel = fuel.checked_sub(1 + moved as u64).ok_or(trap(Cause::OutOfFuel))?;
            match op {
                Op::Call(callee) => {
                    if callers.len() + 1 == MAX_FRAMES {
                        return Err(trap(Cause::TooManyCalls));
                    }
                    let stack = frame.stack.split_off(frame.stack.len() - moved);
                    callers.push(frame);
                    frame = Frame { function: callee, at: 0, stack };
                }
                Op::Return => {
                    let Some(mut caller) = callers.pop() else { return Ok((frame.stack, fuel)) };
                    caller.stack.append(&mut frame.stack);
                    caller.at += 1;
                    frame = caller;
                }
                _ => frame.at = step(op, frame.at, &mut frame.stack).map_err(trap)?,
            }
        }
    }
}

/// The depth of every instruction of a function that can be reached.
fn find_depths(program: &[Function], number: usize) -> Result<Vec<Option<usize>>, (usize, Problem)> {
    let Function { params, results, code } = &program[number];
    if code.is_empty() {
        return Err((0, Problem::FallsOff));
    }
    let mut depths = vec![None; code.len()];
    let mut examined = vec![false; code.len()];
    depths[0] = Some(*params);
    while let Some(at) = (0..code.len()).find(|at| depths[*at].is_some() && !examined[*at]) {
        let depth = depths[at].unwrap_or_default();
        examined[at] = true;
        let (needed, removed, pushed) = effect(program, code[at]).ok_or((at, Problem::NoFunction))?;
        let target = match code[at] {
            Op::Jump(target) | Op::JumpIf(target) => Some(target),
            _ => None,
        };
        if target.is_some_and(|target| target >= code.len()) {
            return Err((at, Problem::BadTarget));
        }
        if depth < needed {
            return Err((at, Problem::Underflow));
        }
        if code[at] == Op::Return && depth != *results {
            return Err((at, Problem::BadReturn));
        }
        let follows = !matches!(code[at], Op::Jump(_) | Op::Return);
        for next in follows.then_some(at + 1).into_iter().chain(target) {
            let after = depth - removed + pushed;
            let known = depths.get_mut(next).ok_or((at, Problem::FallsOff))?;
            if *known.get_or_insert(after) != after {
                return Err((at, Problem::Mismatch));
            }
        }
    }
    Ok(depths)
}

/// How many values an instruction needs, removes and pushes; None if it calls a function that does not exist.
fn effect(program: &[Function], op: Op) -> Option<(usize, usize, usize)> {
    Some(match op {
        Op::Push(_) => (0, 0, 1),
        Op::Pick(n) => (n.saturating_add(1), 0, 1),
        Op::Poke(n) => (n.saturating_add(2), 1, 0),
        Op::Drop(n) => (n, n, 0),
        Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Less => (2, 2, 1),
        Op::Jump(_) | Op::Return => (0, 0, 0),
        Op::JumpIf(_) => (1, 1, 0),
        Op::Call(callee) => {
            let callee = program.get(callee)?;
            (callee.params, callee.params, callee.results)
        }
    })
}

struct Frame {
    function: usize,
    at: usize,
    stack: Vec<i64>,
}

/// Performs an instruction within a frame, and returns the number of the next one.
fn step(op: Op, at: usize, stack: &mut Vec<i64>) -> Result<usize, Cause> {
    let mut pop = || stack.pop().expect("the program is verified");
    match op {
        Op::Jump(target) => return Ok(target),
        Op::JumpIf(target) => return Ok(if pop() != 0 { target } else { at + 1 }),
        Op::Push(value) => stack.push(value),
        Op::Pick(n) => stack.push(stack[stack.len() - 1 - n]),
        Op::Poke(n) => {
            let value = pop();
            let place = stack.len() - 1 - n;
            stack[place] = value;
        }
        Op::Drop(n) => stack.truncate(stack.len() - n),
        _ => {
            let (right, left) = (pop(), pop());
            stack.push(compute(op, left, right)?);
        }
    }
    Ok(at + 1)
}

fn compute(op: Op, left: i64, right: i64) -> Result<i64, Cause> {
    let result = match op {
        Op::Add => left.checked_add(right),
        Op::Sub => left.checked_sub(right),
        Op::Mul => left.checked_mul(right),
        Op::Div if right == 0 => return Err(Cause::DivideByZero),
        Op::Div => {
            let inexact_below_zero = left.wrapping_rem(right) != 0 && (left < 0) != (right < 0);
            left.checked_div(right).map(|quotient| quotient - i64::from(inexact_below_zero))
        }
        _ => Some(i64::from(left < right)),
    };
    result.ok_or(Cause::Overflow)
}
