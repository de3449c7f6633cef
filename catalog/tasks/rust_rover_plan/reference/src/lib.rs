use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub minutes: u32,
    /// The units that are left in the battery.
    pub units: u32,
    pub moves: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanError {
    BadMap,
    NoPlan,
}

/// The best plan from `S` to `G`.
pub fn plan(map: &str, battery: u32, period: u32) -> Result<Plan, PlanError> {
    let world = World::parse(map, battery, period).ok_or(PlanError::BadMap)?;
    // The moves to a state take more than 0 minutes each, so of the plans that reach it first, the one with the first
    // moves in alphabetical order also starts the best plan through it.
    let mut open = BinaryHeap::from([Reverse((0, String::new(), world.find(b'S'), battery))]);
    let mut settled = HashSet::new();
    let mut best: Option<Plan> = None;
    while let Some(Reverse((minutes, moves, at, units))) = open.pop() {
        if best.as_ref().is_some_and(|best| best.minutes < minutes) {
            break;
        }
        if !settled.insert((at, units, minutes % (2 * period))) {
            continue;
        }
        if world.cells[at] == b'G' {
            if !best.as_ref().is_some_and(|best| best.units >= units) {
                best = Some(Plan { minutes, units, moves });
            }
            continue;
        }
        for (letter, duration, at, units) in world.options(at, units, minutes) {
            let mut longer = moves.clone();
            longer.push(letter);
            open.push(Reverse((minutes + duration, longer, at, units)));
        }
    }
    best.ok_or(PlanError::NoPlan)
}

struct World {
    /// All lines, one after the other.
    cells: Vec<u8>,
    width: usize,
    battery: u32,
    period: u32,
}

impl World {
    /// None if the map is bad.
    fn parse(map: &str, battery: u32, period: u32) -> Option<World> {
        let lines: Vec<&[u8]> = map.strip_suffix('\n').unwrap_or(map).split('\n').map(str::as_bytes).collect();
        let width = lines[0].len();
        let cells = lines.concat();
        let once = |wanted: u8| cells.iter().filter(|cell| **cell == wanted).count() == 1;
        let good = lines.iter().all(|line| line.len() == width)
            && cells.iter().all(|cell| b"#.SG~+ab<>^v".contains(cell))
            && once(b'S')
            && once(b'G');
        good.then_some(World { cells, width, battery, period })
    }

    fn find(&self, wanted: u8) -> usize {
        self.cells.iter().position(|cell| *cell == wanted).expect("the map has been checked")
    }

    /// The possible moves: letter, minutes that it takes, cell and units after it.
    fn options(&self, at: usize, units: u32, minutes: u32) -> Vec<(char, u32, usize, u32)> {
        let mut found = Vec::new();
        let cell = self.cells[at];
        if cell == b'+' && units < self.battery {
            found.push(('C', 1, at, self.battery.min(units + 3)));
        }
        if !b"<>^v".contains(&cell) {
            found.push(('W', 1, at, units));
        }
        let (width, column) = (self.width, at % self.width);
        let steps = [
            ('D', (at + width < self.cells.len()).then_some(at + width), b'^'),
            ('L', (column > 0).then(|| at - 1), b'>'),
            ('R', (column + 1 < width).then_some(at + 1), b'<'),
            ('U', at.checked_sub(width), b'v'),
        ];
        for (letter, next, against) in steps {
            let Some(next) = next else { continue };
            let target = self.cells[next];
            let (duration, cost) = if target == b'~' { (2, 3) } else { (1, 1) };
            if target != against && self.can_enter(target, minutes + duration) && units >= cost {
                found.push((letter, duration, next, units - cost));
            }
        }
        found
    }

    fn can_enter(&self, cell: u8, minute: u32) -> bool {
        let even_shift = minute / self.period % 2 == 0;
        match cell {
            b'#' => false,
            b'a' => even_shift,
            b'b' => !even_shift,
            _ => true,
        }
    }
}
