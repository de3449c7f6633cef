use candidate::call;
use std::collections::{BTreeMap, BTreeSet};

type Plan = (u32, u32, String);

fn plan(map: &str, battery: u32, period: u32) -> Result<Plan, String> {
    call("plan", (map, battery, period)).map_err(|error| error.message)
}

fn best(minutes: u32, units: u32, moves: &str) -> Result<Plan, String> {
    Ok((minutes, units, moves.to_string()))
}

fn no_plan() -> Result<Plan, String> {
    Err("NoPlan".to_string())
}

#[test]
fn steps_lead_to_the_goal() {
    assert_eq!(plan("SG", 5, 1), best(1, 4, "R"));
    assert_eq!(plan("G.S", 5, 1), best(2, 3, "LL"));
    assert_eq!(plan("S\n.\nG\n", 5, 1), best(2, 3, "DD"));
    assert_eq!(plan("G\nS", 5, 1), best(1, 4, "U"));
    assert_eq!(plan("S#G\n.#.\n...", 9, 1), best(6, 3, "DDRRUU"));
    assert_eq!(plan("S..\n##.\nG..", 9, 3), best(6, 3, "RRDDLL"));
}

#[test]
fn mud_is_slow_and_heavy() {
    assert_eq!(plan("S.~G", 9, 1), best(4, 4, "RRR"));
    assert_eq!(plan("S~G", 4, 1), best(3, 0, "RR"));
    assert_eq!(plan("S~~~G\n.....", 20, 1), best(6, 14, "DRRRRU"));
    assert_eq!(plan("S~~G\n.##.\n....", 20, 1), best(5, 13, "RRR"));
    assert_eq!(plan("S~~G\n.##.\n....", 6, 1), no_plan());
    assert_eq!(plan("S~~G\n.##.\n....", 7, 1), best(5, 0, "RRR"));
    assert_eq!(plan("S~#G\n.#..\n....", 7, 1), best(7, 0, "DDRRRUU"));
}

#[test]
fn the_battery_limits_the_way() {
    assert_eq!(plan("S...G", 4, 1), best(4, 0, "RRRR"));
    assert_eq!(plan("S...G", 3, 1), no_plan());
    assert_eq!(plan("S~G", 3, 1), no_plan());
    assert_eq!(plan("S~G\n...", 4, 1), best(3, 0, "RR"));
    assert_eq!(plan("S~~G\n+...", 6, 1), best(5, 1, "DRRRU"));
    assert_eq!(plan("SG", 0, 1), no_plan());
    assert_eq!(plan("SG", 1, 1), best(1, 0, "R"));
}

#[test]
fn chargers_fill_the_battery() {
    assert_eq!(plan("S+.G\n####", 3, 1), best(3, 0, "RRR"));
    assert_eq!(plan("S+.G\n####", 2, 1), best(4, 0, "RCRR"));
    assert_eq!(plan("S...+....G", 5, 1), best(11, 0, "RRRRCCRRRRR"));
    assert_eq!(plan("S...+.....G", 5, 1), no_plan());
    assert_eq!(plan("S.+....G\n..+.....", 5, 1), best(8, 0, "RRCRRRRR"));
    assert_eq!(plan("S+~~G", 7, 1), best(7, 0, "RCRRR"));
    assert_eq!(plan("S+.+.+G", 2, 1), best(9, 1, "RCRRCRRCR"));
    assert_eq!(plan("S#b\n+G#", 1, 2), best(3, 0, "DCR"));
    // With a full battery, only waiting is left.
    assert_eq!(plan("S+bG", 9, 4), best(5, 7, "RCWRR"));
    assert_eq!(plan("+SG", 5, 1), best(1, 4, "R"));
}

#[test]
fn gates_open_in_turns() {
    assert_eq!(plan("SaG", 9, 1), best(3, 7, "WRR"));
    assert_eq!(plan("SbG", 9, 1), best(2, 7, "RR"));
    assert_eq!(plan("SaG", 9, 2), best(2, 7, "RR"));
    assert_eq!(plan("SbG", 9, 2), best(3, 7, "WRR"));
    assert_eq!(plan("S..aG", 9, 3), best(7, 5, "RRWWWRR"));
    assert_eq!(plan("S.bG", 9, 3), best(4, 6, "RWRR"));
    assert_eq!(plan("S..bG", 9, 4), best(5, 5, "RRWRR"));
    assert_eq!(plan("S~bG", 9, 4), best(5, 4, "RWRR"));
    assert_eq!(plan("S~aG", 9, 3), best(7, 4, "RWWWRR"));
    assert_eq!(plan("SabaG", 9, 1), best(5, 5, "WRRRR"));
}

#[test]
fn rovers_can_stay_on_gates() {
    assert_eq!(plan("SabG", 9, 4), best(5, 6, "RWWRR"));
    assert_eq!(plan("SbaG", 9, 1), best(3, 6, "RRR"));
    assert_eq!(plan("SaaaG", 9, 2), best(6, 5, "RWWRRR"));
    assert_eq!(plan("Sa.b.G", 9, 2), best(5, 4, "RRRRR"));
}

#[test]
fn belts_are_not_entered_backwards() {
    assert_eq!(plan("S>G", 9, 1), best(2, 7, "RR"));
    assert_eq!(plan("S<G", 9, 1), no_plan());
    assert_eq!(plan("G>S", 9, 1), no_plan());
    assert_eq!(plan("G<S", 9, 1), best(2, 7, "LL"));
    assert_eq!(plan("S\n^\nG", 9, 1), no_plan());
    assert_eq!(plan("S\nv\nG", 9, 1), best(2, 7, "DD"));
    assert_eq!(plan("G\nv\nS", 9, 1), no_plan());
    assert_eq!(plan("G\n^\nS", 9, 1), best(2, 7, "UU"));
    for across in ["S^G", "SvG", "S\n>\nG", "S\n<\nG"] {
        assert_eq!(plan(across, 9, 1).unwrap().0, 2, "{across}");
    }
    // A belt can be left in every direction, also backwards.
    assert_eq!(plan("#S\nG>\n##", 9, 1), best(2, 7, "DL"));
    assert_eq!(plan("S<.\n.#.\n..G", 9, 1), best(4, 5, "DDRR"));
}

#[test]
fn nobody_waits_on_a_belt() {
    assert_eq!(plan("S>bG", 9, 3), best(4, 6, "WRRR"));
    assert_eq!(plan("S.bG", 9, 3), best(4, 6, "RWRR"));
    assert_eq!(plan("S>aG", 9, 2), best(5, 6, "WWRRR"));
    assert_eq!(plan("S^+bG", 9, 4), best(5, 7, "RRCRR"));
}

#[test]
fn more_units_win_among_the_fastest() {
    assert_eq!(plan("....\nS~~G", 9, 1), best(5, 4, "URRRD"));
    assert_eq!(plan("S~.\n.#.\n..G", 9, 1), best(4, 5, "DDRR"));
    assert_eq!(plan("S..\n~#.\n..G", 9, 1), best(4, 5, "RRDD"));
    assert_eq!(plan("S#.\n~#.\n.~G", 30, 1), best(6, 22, "DDRR"));
    // Charging while a gate is closed costs no time.
    assert_eq!(plan("S.+#aG\n.#...#", 8, 4), best(9, 3, "RRCDRRWUR"));
    assert_eq!(plan(".S~bG\n.+...", 9, 4), best(5, 4, "DRRRU"));
    // Units that are used before charging to the full are no loss.
    assert_eq!(plan("S.+.aG", 9, 4), best(9, 6, "RLRRCCRRR"));
}

#[test]
fn the_alphabet_decides_at_last() {
    assert_eq!(plan("S.\n.G", 9, 1), best(2, 7, "DR"));
    assert_eq!(plan("G.\n.S", 9, 1), best(2, 7, "LU"));
    assert_eq!(plan(".G\nS.", 9, 1), best(2, 7, "RU"));
    assert_eq!(plan(".S\nG.", 9, 1), best(2, 7, "DL"));
    assert_eq!(plan("S..bG", 9, 4), best(5, 5, "RRWRR"));
    assert_eq!(plan("S...\n....\n...G", 9, 2), best(5, 4, "DDRRR"));
}

#[test]
fn unreachable_goals_have_no_plan() {
    assert_eq!(plan("S#G", 40, 4), no_plan());
    assert_eq!(plan("S.\n##\n.G", 40, 4), no_plan());
    assert_eq!(plan("S.#\n##G", 40, 4), no_plan());
    assert_eq!(plan("S.\n#.\nG#", 40, 1), no_plan());
    assert_eq!(plan("S+...............G", 14, 4), no_plan());
    assert_eq!(plan("S..#\n#.#G\n#...", 40, 4), best(6, 34, "RDDRRU"));
}

#[test]
fn bad_maps_are_refused() {
    for map in [
        "", "\n", "S.", ".G", "..", "SGG", "SSG", "S G", "SG\n.", "SG\n...", "SG\n\n", "SG\n\n..", "\nSG", "SxG",
        "SG\r\n..", "sG", "S\u{e9}G",
    ] {
        assert_eq!(plan(map, 9, 1), Err("BadMap".to_string()), "{map:?}");
    }
    assert_eq!(plan("S\u{e9}G\n....", 9, 1), Err("BadMap".to_string()));
    assert_eq!(plan("SG\n..\n", 9, 1), best(1, 8, "R"));
}

#[test]
fn open_maps_have_too_many_plans_to_try() {
    let mut lines = vec![".".repeat(20); 20];
    lines[0].replace_range(0..1, "S");
    lines[19].replace_range(19..20, "G");
    let expected = format!("{}{}", "D".repeat(19), "R".repeat(19));
    assert_eq!(plan(&lines.join("\n"), 40, 4), best(38, 2, &expected));
    lines[10].replace_range(10..11, "+");
    assert_eq!(
        plan(&lines.join("\n"), 37, 4),
        best(39, 2, &format!("{}{}C{}{}", "D".repeat(10), "R".repeat(10), "D".repeat(9), "R".repeat(9)))
    );
    lines[10].replace_range(10..11, ".");
    assert_eq!(plan(&lines.join("\n"), 37, 4), no_plan());
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// Goes through the minutes one by one, with all places and units that are possible then.
fn search(map: &[Vec<char>], battery: u32, period: u32) -> Result<Plan, String> {
    let place = |wanted: char| {
        let row = map.iter().position(|line| line.contains(&wanted)).unwrap();
        (row as i32, map[row].iter().position(|cell| *cell == wanted).unwrap() as i32)
    };
    let goal = place('G');
    let mut later: BTreeMap<u32, BTreeMap<((i32, i32), u32), String>> = BTreeMap::new();
    later.entry(0).or_default().insert((place('S'), battery), String::new());
    let mut seen = BTreeSet::new();
    while let Some((minute, now)) = later.pop_first() {
        let arrived = now.iter().filter(|entry| entry.0 .0 == goal).max_by_key(|entry| entry.0 .1);
        if let Some(((_, units), moves)) = arrived {
            return best(minute, *units, moves);
        }
        for (((row, column), units), moves) in now {
            if !seen.insert((row, column, units, minute % (2 * period))) {
                continue;
            }
            let cell = map[row as usize][column as usize];
            let mut reach = |letter: char, minutes: u32, place: (i32, i32), units: u32| {
                let moves = format!("{moves}{letter}");
                let known = later.entry(minute + minutes).or_default().entry((place, units)).or_insert(moves.clone());
                if moves < *known {
                    *known = moves;
                }
            };
            if !"<>^v".contains(cell) {
                reach('W', 1, (row, column), units);
            }
            if cell == '+' && units < battery {
                reach('C', 1, (row, column), (units + 3).min(battery));
            }
            for (letter, down, right, against) in
                [('U', -1, 0, 'v'), ('D', 1, 0, '^'), ('L', 0, -1, '>'), ('R', 0, 1, '<')]
            {
                let place = (row + down, column + right);
                let target = map.get(place.0 as usize).and_then(|line| line.get(place.1 as usize));
                let Some(target) = target.filter(|target| **target != '#' && **target != against) else { continue };
                let (minutes, cost) = if *target == '~' { (2, 3) } else { (1, 1) };
                let shift = (minute + minutes) / period;
                let closed = *target == 'a' && shift % 2 == 1 || *target == 'b' && shift % 2 == 0;
                if !closed && units >= cost {
                    reach(letter, minutes, place, units - cost);
                }
            }
        }
    }
    no_plan()
}

#[test]
fn agrees_with_a_search_minute_by_minute() {
    let mut random = Random(9);
    let mut found = 0;
    for _ in 0..150 {
        let (height, width) = (1 + random.below(5), 3 + random.below(4));
        let mut map = vec![vec!['.'; width]; height];
        for cell in map.iter_mut().flatten() {
            *cell = ['.', '.', '.', '#', '#', '~', '+', 'a', 'b', '<', '>', '^', 'v'][random.below(13)];
        }
        let start = random.below(height * width);
        let goal = (start + 1 + random.below(height * width - 1)) % (height * width);
        map[start / width][start % width] = 'S';
        map[goal / width][goal % width] = 'G';
        let lines: Vec<String> = map.iter().map(|line| line.iter().collect()).collect();
        let (battery, period) = (2 + random.below(8) as u32, 1 + random.below(4) as u32);
        let expected = search(&map, battery, period);
        found += usize::from(expected.is_ok());
        assert_eq!(plan(&lines.join("\n"), battery, period), expected, "{lines:?}, {battery}, {period}");
    }
    assert!(found > 50);
}
