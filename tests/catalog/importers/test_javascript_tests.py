"""Names of Jest tests, read from the source."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.catalog.importers.exercism.javascript_tests import names_of_tests, unescaped
from assay.catalog.importers.python_code import NotUsable


def test_suites_and_tests() -> None:
    source = r"""
        import { test as it, describe } from 'x';
        // test('in a comment', () => {})
        /* describe('in another', () => { */
        const value = 3 / 2 / test.length, pattern = /test\('a', [(/'"]/g, text = "test('b', 1)";
        const made = `test('c', ${(() => `}${"`"}`)()})`;
        describe("a 'suite'", () => {
          beforeEach(() => { helper.test('d', 1); });
          test('é \x41\u0042\u{43} \'q\'', () => { expect(/[)]/.test('x')).toBe(true) });
          describe('deeper', function () { xit("one", async () => {}); test.skip('two', (done) => done(), 500) });
          it(`three`, () => {});
          test('a' + ' long' +
            ' name', () => {});
          test.todo('four');
        });
        xdescribe('last', () => { test.only('a -> b', () => {}) })
        test('alone', () => {});
    """
    assert names_of_tests(source) == [
        "a 'suite' > é ABC 'q'",
        "a 'suite' > deeper > one",
        "a 'suite' > deeper > two",
        "a 'suite' > three",
        "a 'suite' > a long name",
        "last > a -› b",
        "alone",
    ]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("test(name, () => {})", "computed"),
        ("test(`is ${n}`, () => {})", "computed"),
        ("test('a' + n, () => {})", "computed"),
        ("test.each([1])('a %d', () => {})", "computed"),
        ("for (const n of [1]) { [1].map(() => { test('a', () => {}) }) }", "computed"),
        ("describe('a', () => { list.forEach(() => { test('b', () => {}) }) })", "computed"),
        ("test('a', () => {}); test('a', () => {})", "two of its tests have the same name"),
        (r"test('\ud800', () => {})", "no readable name"),
        ("test('', () => {})", "no readable name"),
        ("test(", "computed"),
    ],
)
def test_names_that_are_not_in_the_source(source: str, reason: str) -> None:
    with pytest.raises(NotUsable, match=reason):
        names_of_tests(source)


@given(st.text(alphabet="test('`\"){}/\\$ \n,=>abc;*"))
def test_no_source_breaks_the_reader(source: str) -> None:
    try:
        names_of_tests(source)
    except NotUsable:
        return


def test_escapes() -> None:
    assert (
        unescaped(
            r"\n\t\\\'\0\
x"
        )
        == "\n\t\\'\0x"
    )
