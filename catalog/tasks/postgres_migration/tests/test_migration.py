"""The migration's two files are data here: sent through a driver to a fresh database, as a role that may do nothing but
own it. What they leave behind is read with nothing but the catalogue's own functions in reach, and compared here."""

import itertools
from contextlib import closing

import psycopg
import pytest
from psycopg import errors

SCHEMA = """
CREATE TABLE parcel (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recipient text NOT NULL,
    weight text NOT NULL,
    state text,
    posted_on date NOT NULL
);
CREATE TABLE scan (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parcel_id integer NOT NULL REFERENCES parcel ON DELETE CASCADE,
    place text NOT NULL
);
"""
PARCELS = [
    ("Ada Lund", "1 kg", "sent"),
    ("  Ada Lund ", "1.25 kg", " SENT"),
    ("Ada lund", "999 g", "lost"),
    ("Bo Okafor", "0.005kg", None),
    ("Bo  Okafor", "40KG", ""),
    ("Bo Okafor ", "1 G", "Waiting"),
    ("D'Arcy; --", "18.75 Kg", "returned"),
    ("Zoë Ng", "310g", "Lost "),
    ("Gone", "77 g", "sent"),
]
GRAMS = [1000, 1250, 999, 5, 40000, 1, 18750, 310]
STATES = ["sent", "sent", "lost", "waiting", "waiting", "waiting", "waiting", "lost"]
NAMES = ["Ada Lund", "Ada Lund", "Ada lund", "Bo Okafor", "Bo  Okafor", "Bo Okafor", "D'Arcy; --", "Zoë Ng"]
SCANS = [(1, "depot"), (3, "van 2"), (3, "door"), (8, "depot")]
OLD = {
    "id": ("integer", True),
    "recipient": ("text", True),
    "weight": ("text", True),
    "state": ("text", False),
    "posted_on": ("date", True),
}
NEW = {
    "id": ("integer", True),
    "recipient_id": ("integer", True),
    "weight_grams": ("integer", True),
    "state": ("text", True),
    "posted_on": ("date", True),
}
numbers = itertools.count()


class Database:
    """A fresh one, with the old tables and their rows. Connections are the unprivileged role's."""

    def __init__(self):
        self.name = f"parcels{next(numbers)}"
        with closing(psycopg.connect("host=postgres user=postgres", autocommit=True)) as server:
            if not server.execute("SELECT FROM pg_roles WHERE rolname = 'migrator'").fetchall():
                server.execute("CREATE ROLE migrator LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE")
            server.execute(f"CREATE DATABASE {self.name} OWNER migrator")
        self.script(SCHEMA)
        with closing(self.connect("public")) as own:
            for day, row in enumerate(PARCELS, 1):
                own.execute(
                    "INSERT INTO parcel (recipient, weight, state, posted_on) VALUES (%s, %s, %s, make_date(2024, 5, %s))",
                    (*row, day),
                )
            for row in SCANS:
                own.execute("INSERT INTO scan (parcel_id, place) VALUES (%s, %s)", row)
            own.execute("DELETE FROM parcel WHERE recipient = 'Gone'")

    def connect(self, path="pg_catalog"):
        """Whatever was set for the database or the role, names are looked up there alone."""
        options = f"-c search_path={path} -c statement_timeout=10000 -c row_security=off"
        return psycopg.connect(host="postgres", user="migrator", dbname=self.name, options=options, autocommit=True)

    def script(self, text):
        """A whole file, in a connection of its own."""
        with closing(self.connect("public")) as own:
            own.execute(text)

    def rows(self, query, values=None):
        with closing(self.connect()) as own:
            return own.execute(query, values).fetchall()

    def refuses(self, error, statement, values=None):
        with closing(self.connect()) as own, pytest.raises(error):
            own.execute(statement, values)

    def columns(self, table):
        """By name: type, and whether it is never null. Only of an ordinary table."""
        query = """
            SELECT attname::text, format_type(atttypid, atttypmod), attnotnull
            FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname = 'public' AND relname = %s AND relkind = 'r' AND attnum > 0 AND NOT attisdropped"""
        return {name: (kind, never_null) for name, kind, never_null in self.rows(query, (table,))}

    def parcels(self):
        """As they should be now: name, grams, state, day of May."""
        return self.rows("""
            SELECT name, weight_grams, state, date_part('day', posted_on)::integer
            FROM public.parcel JOIN public.recipient ON recipient.id = recipient_id ORDER BY parcel.id""")


WANTED = [(*row, day) for day, row in enumerate(zip(NAMES, GRAMS, STATES, strict=True), 1)]


ruins = []
"""Why the first of them failed: then all would, and need not be made."""


@pytest.fixture
def migrated(candidate):
    """Migrated once. A migration that leaves other tables, or other parcels, than asked for has failed in everything."""
    if ruins:
        raise ruins[0]
    try:
        return migrated_once(candidate)
    except (AssertionError, FileNotFoundError, psycopg.Error) as error:
        ruins.append(error)
        raise


def migrated_once(candidate):
    database = Database()
    database.script(candidate.read("migrations/up.sql"))
    assert database.columns("parcel") == NEW
    assert [row[0] for row in database.rows("SELECT id FROM public.parcel ORDER BY id")] == list(range(1, 9))
    return database


def test_each_recipient_has_one_row(migrated):
    assert migrated.columns("recipient") == {"id": ("integer", True), "name": ("text", True)}
    assert {name for (name,) in migrated.rows("SELECT name FROM public.recipient")} == set(NAMES)
    assert len(migrated.rows("SELECT id FROM public.recipient")) == len(set(NAMES))
    assert [row[0] for row in migrated.parcels()] == NAMES
    migrated.refuses(errors.UniqueViolation, "INSERT INTO public.recipient (name) VALUES ('Ada Lund')")
    assert migrated.rows("INSERT INTO public.recipient (name) VALUES ('New') RETURNING id")[0][0] > 0


def test_weights_are_grams(migrated):
    assert [row[0] for row in migrated.rows("SELECT weight_grams FROM public.parcel ORDER BY id")] == GRAMS


def test_states_are_one_of_three(migrated):
    assert [row[0] for row in migrated.rows("SELECT state FROM public.parcel ORDER BY id")] == STATES


def test_wrong_rows_are_refused(migrated):
    insert = "INSERT INTO public.parcel (recipient_id, weight_grams, state, posted_on) VALUES (%s, %s, %s, '2024-06-01')"
    (known,) = migrated.rows("SELECT recipient_id FROM public.parcel WHERE id = 1")[0]
    assert migrated.rows(insert + " RETURNING state", (known, 5, "sent")) == [("sent",)]
    for error, values in (
        (errors.CheckViolation, (known, 0, "sent")),
        (errors.CheckViolation, (known, -5, "sent")),
        (errors.CheckViolation, (known, 5, "Sent")),
        (errors.CheckViolation, (known, 5, "")),
        (errors.NotNullViolation, (known, 5, None)),
        (errors.NotNullViolation, (known, None, "sent")),
        (errors.NotNullViolation, (None, 5, "sent")),
        (errors.ForeignKeyViolation, (987654, 5, "sent")),
    ):
        migrated.refuses(error, insert, values)
    migrated.refuses(errors.ForeignKeyViolation, "DELETE FROM public.recipient WHERE id = %s", (known,))


def test_a_new_parcel_waits_and_gets_the_next_number(migrated):
    insert = """
        INSERT INTO public.parcel (recipient_id, weight_grams, posted_on)
        SELECT recipient_id, 12, '2024-06-02' FROM public.parcel WHERE id = 2 RETURNING id, state"""
    assert migrated.rows(insert) == [(10, "waiting")]


def test_scans_stay_with_their_parcels(migrated):
    assert migrated.rows("SELECT parcel_id, place FROM public.scan ORDER BY id") == SCANS
    migrated.refuses(errors.ForeignKeyViolation, "INSERT INTO public.scan (parcel_id, place) VALUES (99, 'x')")
    migrated.rows("DELETE FROM public.parcel WHERE id = 3 RETURNING id")
    assert migrated.rows("SELECT parcel_id FROM public.scan ORDER BY id") == [(1,), (8,)]


def test_up_again_changes_nothing(migrated, candidate):
    migrated.script(candidate.read("migrations/up.sql"))
    assert migrated.columns("parcel") == NEW
    assert migrated.parcels() == WANTED
    assert len(migrated.rows("SELECT id FROM public.recipient")) == len(set(NAMES))


def test_down_brings_the_old_shape_back(migrated, candidate):
    migrated.script(candidate.read("migrations/down.sql"))
    assert migrated.columns("parcel") == OLD
    assert migrated.columns("recipient") == {}
    query = "SELECT recipient, weight, state, date_part('day', posted_on)::integer FROM public.parcel ORDER BY id"
    assert migrated.rows(query) == [(name, f"{grams} g", state, day) for name, grams, state, day in WANTED]
    assert migrated.rows("SELECT parcel_id, place FROM public.scan ORDER BY id") == SCANS
    insert = "INSERT INTO public.parcel (recipient, weight, state, posted_on) VALUES ('x', 'y', %s, '2024-06-03') RETURNING id"
    assert migrated.rows(insert, ("odd",)) == [(10,)]
    free = "INSERT INTO public.parcel (recipient, weight, posted_on) VALUES ('x', 'y', '2024-06-03') RETURNING state"
    assert migrated.rows(free) == [(None,)]


def test_down_and_up_again(migrated, candidate):
    migrated.script(candidate.read("migrations/down.sql"))
    assert migrated.columns("parcel") == OLD
    migrated.script(candidate.read("migrations/up.sql"))
    assert migrated.columns("parcel") == NEW
    assert migrated.parcels() == WANTED
