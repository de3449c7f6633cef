import json

PROGRAM = """
import json, sqlite3, sys
given = json.load(sys.stdin)
connection = sqlite3.connect(":memory:")
connection.executescript("CREATE TABLE customers(id, name); CREATE TABLE invoices(customer, cents, paid)")
connection.executemany("INSERT INTO customers VALUES (?, ?)", given["customers"])
connection.executemany("INSERT INTO invoices VALUES (?, ?, ?)", given["invoices"])
rows = connection.execute(given["query"]).fetchall()
print(json.dumps([rows, connection.execute("SELECT count(*) FROM main.invoices").fetchone()]))
"""
CUSTOMERS = [[1, "Ana"], [2, "Bo"], [3, "Cy"]]


def answer(candidate, customers, invoices):
    """Runs the query where submitted code runs; only the rows come back."""
    given = {"customers": customers, "invoices": invoices, "query": candidate.read("owed.sql").decode()}
    result = candidate.run(["python3", "-I", "-c", PROGRAM], json.dumps(given), timeout_seconds=60)
    return json.loads(result.stdout)


def test_sums(candidate):
    rows, _ = answer(candidate, CUSTOMERS, [[1, 500, 0], [1, 250, 0], [2, 900, 1], [2, 40, 0]])
    assert rows == [["Ana", 750], ["Bo", 40], ["Cy", 0]]


def test_other_data(candidate):
    rows, _ = answer(candidate, [[7, "Di"], [8, "Ed"]], [[8, 12, 0], [7, 3, 0], [8, 4, 1]])
    assert rows == [["Ed", 12], ["Di", 3]]


def test_nothing_else_changes(candidate):
    rows, kept = answer(candidate, CUSTOMERS[:1], [[1, 5, 0], [1, 6, 1]])
    assert (rows, kept) == ([["Ana", 5]], [2])
