use candidate::call;

const TABLE: &str = "s\nmin = 60 s\nh = 60 min\nd = 24 h\nms = 0.001 s\n\
                     m\nkm = 1000 m\ncm = 1/100 m\nin = 2.54 cm\nft = 12 in\nM = 7 km\nfathom = 6 ft\nthird = 1/3 m";

#[derive(Clone, Copy)]
struct Units(usize);

impl Units {
    fn parse(definitions: &str) -> Result<Units, String> {
        call("parse", (definitions,)).map(Units).map_err(|error| error.message)
    }

    fn convert(self, text: &str, target: &str) -> Result<String, String> {
        call("convert", (self.0, text, target)).map_err(|error| error.message)
    }
}

fn convert(text: &str, target: &str) -> String {
    Units::parse(TABLE).unwrap().convert(text, target).unwrap()
}

fn refusal(text: &str, target: &str) -> String {
    Units::parse(TABLE).unwrap().convert(text, target).unwrap_err()
}

#[test]
fn units_are_chained_to_their_base() {
    assert_eq!(convert("3 d", "s"), "259200 s");
    assert_eq!(convert("1 ft", "cm"), "30.48 cm");
    assert_eq!(convert("1 fathom", "m"), "1.8288 m");
    assert_eq!(convert("2 M", "m"), "14000 m");
    assert_eq!(convert("2 m", "m"), "2 m");
    assert_eq!(convert("90 s", "min"), "1.5 min");
}

#[test]
fn comments_and_spaces_are_skipped() {
    let units = Units::parse("# all of them\n\n  x#base\n y=3x \n   \nz  =  1/2   y# half # a y\n#w = 1 q\n").unwrap();
    assert_eq!(units.convert("4 z", "x"), Ok("6 x".to_string()));
    assert_eq!(units.convert("1 w", "x"), Err("UnknownUnit w".to_string()));
    assert_eq!(Units::parse("").unwrap().convert("1 w", "x"), Err("UnknownUnit w".to_string()));
}

#[test]
fn wrong_definitions_are_located() {
    for line in [
        "b =",
        "b = 2",
        "b = a",
        "b 2 a",
        "b = 2 c",
        "b = 0 a",
        "b = 0/4 a",
        "b = 0.0 a",
        "b = -2 a",
        "b = 2 a 3",
        "b c",
        "a",
        "a = 2 a",
        "b1",
        "b = 1/0 a",
        "b = .5 a",
        "= 2 a",
        "b\u{e9}",
        "b = 2 \u{e9}",
        "b\t= 2 a",
        "b = 2 * a",
        "2",
        "b == 2 a",
        "b = 2 b",
        "b = 1 2 a",
        "b = 2 a = 2 a",
        "b = 1 a 1 a",
        "b\r",
        "b.",
        "b = 1/2/3 a",
    ] {
        let error = Units::parse(&format!("a\n# b = 2 a\n{line}\nd = 3 e")).map(|units| units.0);
        assert_eq!(error, Err("BadDefinition 3".to_string()), "{line}");
    }
    assert_eq!(Units::parse("b = 2 a\na").map(|units| units.0), Err("BadDefinition 1".to_string()));
    assert_eq!(Units::parse("a\nb = 2 a\n\nb = 2 a").map(|units| units.0), Err("BadDefinition 4".to_string()));
    assert_eq!(Units::parse("a\nA = 2 a\nb = 2 A").unwrap().convert("1b", "a"), Ok("4 a".to_string()));
}

#[test]
fn terms_are_added() {
    assert_eq!(convert("2 h 15 min", "h"), "2.25 h");
    assert_eq!(convert("2h15.5min", "min"), "135.5 min");
    assert_eq!(convert("  1   d2 h 3min   4s ", "s"), "93784 s");
    assert_eq!(convert("5 ft 23/2 in", "in"), "71.5 in");
    assert_eq!(convert("1 h 0 min 5 s", "s"), "3605 s");
}

#[test]
fn a_minus_applies_to_the_whole_quantity() {
    assert_eq!(convert("-1 h 30 min", "min"), "-90 min");
    assert_eq!(convert(" - 1 h 30 min", "h"), "-1.5 h");
    assert_eq!(convert("-0 s", "min"), "0 min");
    assert_eq!(convert("-1/4 m", "cm"), "-25 cm");
    for text in ["1 h -30 min", "--1 h", "+1 h", "- - 1 h", "1 -h", "1 h -", "-", "-1 h -30 min", "1 h + 1 min"] {
        assert_eq!(refusal(text, "h"), "Syntax", "{text}");
    }
}

#[test]
fn numbers_have_points_or_slashes() {
    assert_eq!(convert("0.25 m", "cm"), "25 cm");
    assert_eq!(convert("3/4 m", "cm"), "75 cm");
    assert_eq!(convert("10/4 m", "m"), "2.5 m");
    assert_eq!(convert("0/4 m", "m"), "0 m");
    assert_eq!(convert("007.50 m", "m"), "7.5 m");
    assert_eq!(convert("0004/002 m", "m"), "2 m");
    assert_eq!(convert("123456789012.5 m", "m"), "123456789012.5 m");
}

#[test]
fn fractions_stay_exact() {
    assert_eq!(convert("3 third", "m"), "1 m");
    assert_eq!(convert("1 third", "m"), "0.333333 m");
    assert_eq!(convert("1 m", "third"), "3 third");
    assert_eq!(convert("1/3 third", "cm"), "11.111111 cm");
    assert_eq!(convert("9007199254740993 s", "s"), "9007199254740993 s");
    assert_eq!(convert("123456789012.345678 m", "m"), "123456789012.345678 m");
    assert_eq!(convert("999999999999999/7 m", "m"), "142857142857142.714286 m");
    let units = Units::parse("a\nb = 1/7 a\nc = 1/11 b\nd = 77 c").unwrap();
    assert_eq!(units.convert("5 d", "a"), Ok("5 a".to_string()));
}

#[test]
fn results_are_rounded_to_even() {
    for (text, expected) in [
        ("0.0000005 m", "0 m"),
        ("0.0000015 m", "0.000002 m"),
        ("0.0000025 m", "0.000002 m"),
        ("0.00000250001 m", "0.000003 m"),
        ("0.00000349999 m", "0.000003 m"),
        ("1.9999995 m", "2 m"),
        ("1.9999985 m", "1.999998 m"),
        ("-0.0000015 m", "-0.000002 m"),
        ("-0.0000005 m", "0 m"),
        ("-0.0000006 m", "-0.000001 m"),
        ("2/3 m", "0.666667 m"),
    ] {
        assert_eq!(convert(text, "m"), expected);
    }
}

#[test]
fn results_are_written_shortly() {
    assert_eq!(convert("100 cm", "m"), "1 m");
    assert_eq!(convert("1000 km", "km"), "1000 km");
    assert_eq!(convert("50 cm", "m"), "0.5 m");
    assert_eq!(convert("10.10 m", "m"), "10.1 m");
    assert_eq!(convert("0 d", "ms"), "0 ms");
    assert_eq!(convert("1.0000001 m", "m"), "1 m");
    assert_eq!(convert("20.000010 m", "m"), "20.00001 m");
}

#[test]
fn malformed_texts_are_refused() {
    for text in [
        "",
        " ",
        "m",
        "1",
        "1 2 m",
        "1 m 2",
        ".5 m",
        "5. m",
        "1..2 m",
        "1.2.3 m",
        "1/2/3 m",
        "1/ m",
        "/2 m",
        "1/0 m",
        "0/0 m",
        "1 / 2 m",
        "1 .5 m",
        "1.2/3 m",
        "1 m, 2 cm",
        "1\tm",
        "1 m\n",
        "1_0 m",
        "\u{661} m",
        "1 m2",
        "1 m\u{b2}",
        "1 \u{b5}m",
        "1 m 2 3 cm",
        "1 m and 2 cm",
        "1.5/2 m",
        "1 m 2/0 cm",
    ] {
        assert_eq!(refusal(text, "m"), "Syntax", "{text}");
    }
    assert_eq!(convert("1 m", "m"), "1 m");
}

#[test]
fn unknown_units_are_named() {
    assert_eq!(refusal("1 q", "m"), "UnknownUnit q");
    assert_eq!(refusal("1 m 2 xx 3 yy", "zz"), "UnknownUnit xx");
    assert_eq!(refusal("1 m", "zz"), "UnknownUnit zz");
    assert_eq!(refusal("1 m", " m"), "UnknownUnit  m");
    assert_eq!(refusal("1 m", ""), "UnknownUnit ");
    assert_eq!(refusal("1e3 m", "m"), "UnknownUnit e");
    assert_eq!(refusal("1 KM", "m"), "UnknownUnit KM");
    assert_eq!(refusal("1 kmm", "m"), "UnknownUnit kmm");
}

#[test]
fn units_of_different_bases_do_not_mix() {
    assert_eq!(refusal("1 m", "s"), "Mismatch");
    assert_eq!(refusal("1 h 1 cm", "min"), "Mismatch");
    assert_eq!(refusal("1 km 1 s", "m"), "Mismatch");
    assert_eq!(refusal("0 m", "s"), "Mismatch");
    let units = Units::parse("a\nb\nc = 2 b").unwrap();
    assert_eq!(units.convert("1 a", "b"), Err("Mismatch".to_string()));
    assert_eq!(units.convert("1 c", "b"), Ok("2 b".to_string()));
}

#[test]
fn terms_get_smaller() {
    for text in [
        "1 min 1 h",
        "1 h 1 h",
        "1 h 60 min",
        "1 h 61 min",
        "1 d 1 h 60 min",
        "1 d 86400 s",
        "0 s 0 min",
        "1 h 2 s 1 min",
    ] {
        assert_eq!(refusal(text, "s"), "Order", "{text}");
    }
    let units = Units::parse("a\nb = 2/2 a\nc = 1/2 a").unwrap();
    assert_eq!(units.convert("1 a 0 b", "a"), Err("Order".to_string()));
    assert_eq!(units.convert("1 a 1.99 c", "c"), Ok("3.99 c".to_string()));
    assert_eq!(convert("1 h 59.999 min", "min"), "119.999 min");
    assert_eq!(convert("1 d 86399 s", "s"), "172799 s");
    assert_eq!(convert("400 min 0 s", "min"), "400 min");
}

#[test]
fn only_the_last_number_may_be_broken() {
    for text in ["1.5 h 1 min", "1/2 h 1 min", "1.0 h 1 min", "4/2 h 1 min", "1 h 1.5 min 1 s", "1 h 2.0 min 0 s"] {
        assert_eq!(refusal(text, "s"), "NotWhole", "{text}");
    }
    assert_eq!(convert("1 h 1 min 1.5 s", "s"), "3661.5 s");
    assert_eq!(convert("1.5 h", "s"), "5400 s");
    assert_eq!(convert("1 h 1/3 min", "s"), "3620 s");
}

#[test]
fn the_first_check_that_fails_counts() {
    assert_eq!(refusal("1 q 1", "zz"), "Syntax");
    assert_eq!(refusal("1 q 1/0 q", "m"), "Syntax");
    assert_eq!(refusal("1 m 1 s 1 q", "m"), "UnknownUnit q");
    assert_eq!(refusal("1 m 1 s", "zz"), "UnknownUnit zz");
    assert_eq!(refusal("1.5 s 1 h 1 m", "m"), "Mismatch");
    assert_eq!(refusal("1 s 1 h", "m"), "Mismatch");
    assert_eq!(refusal("1.5 s 1 h", "s"), "Order");
    assert_eq!(refusal("1.5 d 1 s 1 h", "s"), "Order");
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> i128 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i128::from((self.0 >> 33) % limit)
    }
}

/// The quotient, digit by digit as on paper.
fn long_division(top: i128, bottom: i128) -> String {
    let (mut digits, mut rest) = (Vec::new(), top % bottom);
    for _ in 0..6 {
        digits.push(rest * 10 / bottom);
        rest = rest * 10 % bottom;
    }
    let mut whole = top / bottom;
    if 2 * rest > bottom || 2 * rest == bottom && digits[5] % 2 == 1 {
        let mut at = 6;
        while at > 0 && digits[at - 1] == 9 {
            digits[at - 1] = 0;
            at -= 1;
        }
        if at == 0 {
            whole += 1
        } else {
            digits[at - 1] += 1
        }
    }
    while digits.last() == Some(&0) {
        digits.pop();
    }
    let fraction: String = digits.iter().map(|digit| digit.to_string()).collect();
    if fraction.is_empty() {
        whole.to_string()
    } else {
        format!("{whole}.{fraction}")
    }
}

#[test]
fn agrees_with_long_division() {
    let mut random = Random(3);
    for _ in 0..25 {
        // Each unit is `size` of a tiny one that is not in the table; the first is the base.
        let names = ["a", "b", "c", "d"];
        let mut sizes = vec![1 + random.below(12)];
        for at in 1..4 {
            sizes.push(sizes[at - 1] * (2 + random.below(40)) + random.below(2));
        }
        let base = random.below(4) as usize;
        let mut table = names[base].to_string();
        for at in (0..4).filter(|at| *at != base) {
            table += &format!("\n{} = {}/{} {}", names[at], sizes[at], sizes[base], names[base]);
        }
        let units = Units::parse(&table).unwrap();
        for _ in 0..6 {
            let (mut text, mut top, thousandths) = (String::new(), 0, 1000);
            let lowest = random.below(4) as usize;
            let highest = lowest + random.below(4 - lowest as u64) as usize;
            for at in (lowest..=highest).rev() {
                let limit = if at == highest { 500 } else { (sizes[at + 1] - 1) / sizes[at] };
                let number = random.below(limit.max(1) as u64);
                text += &format!("{number}");
                top += number * thousandths * sizes[at];
                if at == lowest && random.below(2) == 0 {
                    let part = random.below(1000);
                    text += &format!(".{part:03}");
                    top += part * sizes[at];
                }
                text += &format!(" {} ", names[at]);
            }
            let target = random.below(4) as usize;
            let expected = format!("{} {}", long_division(top, thousandths * sizes[target]), names[target]);
            assert_eq!(units.convert(&text, names[target]), Ok(expected), "{text} with {table}");
        }
    }
}
