"""Exercises in Go and Rust, in Exercism's format and with content of our own."""

from __future__ import annotations

from tests.catalog.importers.tracks import config

GO_EXAMPLE = """\
package jar

import "errors"

// Greeting says hello.
func Greeting(name string) string {
	if name == "" {
		name = "you"
	}
	return "Hello, " + name + "."
}

type Jar struct{ sweets int }

func (jar *Jar) Put(count int) error {
	if jar.sweets+count > Limit {
		return errors.New("the jar is full")
	}
	jar.sweets += count
	return nil
}
"""
GO_STUB = """\
package jar

// Greeting says hello.
func Greeting(name string) string {
	panic("Please implement the Greeting function")
}

type Jar struct{}

func (jar *Jar) Put(count int) error {
	return nil
}
"""
GO_TESTS = """\
package jar

import "testing"

func TestGreeting(t *testing.T) {
	for _, test := range greetings {
		t.Run(test.name, func(t *testing.T) {
			if found := Greeting(test.name); found != test.expected {
				t.Fatalf("Greeting(%q) = %q, want %q", test.name, found, test.expected)
			}
		})
	}
}

func TestFullJar(t *testing.T) {
	jar := new(Jar)
	if err := jar.Put(Limit); err != nil {
		t.Fatal(err)
	}
	if jar.Put(1) == nil {
		t.Fatal("there is no more room")
	}
}

func BenchmarkGreeting(b *testing.B) {
	for i := 0; i < b.N; i++ {
		Greeting("Ana")
	}
}
"""
GO_CASES = """\
package jar

var greetings = []struct{ name, expected string }{
	{"", "Hello, you."},
	{"Ana", "Hello, Ana."},
}
"""

RUST_EXAMPLE = """\
#![forbid(unsafe_code)]

#[derive(Debug, PartialEq)]
pub struct Full;

#[derive(Default)]
pub struct Jar {
    sweets: u8,
}

pub fn greeting(name: Option<&str>) -> String {
    format!("Hello, {}.", name.unwrap_or("you"))
}

impl Jar {
    pub fn put(&mut self, count: u8) -> Result<u8, Full> {
        self.sweets = self.sweets.checked_add(count).filter(|sum| *sum <= 10).ok_or(Full)?;
        Ok(self.sweets)
    }

    pub fn take(&mut self) {
        self.sweets -= 1;
    }
}
"""
RUST_STUB = """\
pub fn greeting(name: Option<&str>) -> String {
    todo!("Greet {name:?}")
}
"""
RUST_TESTS = r"""use sweet_jar::{Full, Jar, greeting};

/* Comments can /* contain */ #[test] fn nothing() {} */
const NAME: &str = r#"A "quote", a 'letter' and #[test] fn text() {"#;

#[test]
fn nobody() {
    assert_eq!(greeting(None), "Hello, you.");
}

#[test]
#[ignore]
fn somebody() {
    let brace = '{';
    assert_eq!(greeting(Some(NAME)), format!("Hello, {NAME}.") + &brace.to_string()[1..]);
}

mod sweets {
    use super::*;

    #[test]
    #[ignore = "later"]
    fn too_many() -> Result<(), Full> {
        let mut jar = Jar::default();
        assert_eq!(jar.put(9)?, 9);
        assert_eq!(jar.put(2), Err(Full));
        Ok(())
    }

    #[test]
    #[should_panic(expected = "overflow")]
    fn none_left() {
        Jar::default().take();
    }
}

#[test]
#[cfg(feature = "colours")]
fn colours() {
    assert_eq!(Jar::default().colour(), "red");
}
"""


def go_jar(**changed: str) -> dict[str, str]:
    """``changed``: tests, example or module."""
    return {
        ".docs/instructions.md": "# Instructions\n\nFill a jar.\n",
        ".meta/config.json": config(
            solution=["jar.go"],
            test=["jar_test.go", "cases_test.go"],
            example=[".meta/example.go"],
            editor=["limit.go"],
        ),
        ".meta/example.go": changed.get("example", GO_EXAMPLE),
        "jar.go": GO_STUB,
        "limit.go": "package jar\n\nconst Limit = 10\n",
        "jar_test.go": changed.get("tests", GO_TESTS),
        "cases_test.go": GO_CASES,
        "go.mod": changed.get("module", "module jar\n\ngo 1.18\n"),
    }


def rust_jar(**changed: str) -> dict[str, str]:
    """``changed``: tests, example or dependencies."""
    cargo = '[package]\nname = "sweet-jar"\nversion = "0.1.0"\nedition = "2021"\n\n[features]\ncolours = []\n\n'
    return {
        ".docs/instructions.md": "# Instructions\n\nFill a jar.\n",
        ".meta/config.json": config(
            solution=["src/lib.rs", "Cargo.toml"], test=["tests/sweet-jar.rs"], example=[".meta/example.rs"]
        ),
        ".meta/example.rs": changed.get("example", RUST_EXAMPLE),
        "Cargo.toml": f"{cargo}[dependencies]\n{changed.get('dependencies', '')}",
        "src/lib.rs": RUST_STUB,
        "tests/sweet-jar.rs": changed.get("tests", RUST_TESTS),
    }
