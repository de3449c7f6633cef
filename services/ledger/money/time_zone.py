"""In which time zone a project's days begin.

A new zone takes effect at the next midnight of the old one. Until then today's account stays the same, so that changing
the zone does not forget what was spent today.
"""

from __future__ import annotations


def zone(prefix: str = "") -> str:
    """In SQL: the zone that applies now, from a row of ``projects``."""
    return f"CASE WHEN {prefix}next_zone_at <= now() THEN {prefix}next_time_zone ELSE {prefix}time_zone END"


def midnight(zone: str) -> str:
    """In SQL: when the present day ends in ``zone``."""
    return f"((now() AT TIME ZONE {zone})::date + 1)::timestamp AT TIME ZONE {zone}"


# A project that spent nothing today or yesterday has nothing to forget, so its new zone applies at once.
SET_LIMITS = f"""
WITH present AS (
  SELECT {zone()} AS zone FROM projects WHERE project = $1 FOR UPDATE
), chosen AS (
  SELECT coalesce((SELECT zone FROM present), $2) AS zone
), spent AS (
  SELECT EXISTS (SELECT FROM accounts, chosen WHERE starts_with(account, 'day:' || $1 || ':')
    AND posted_nanousd + held_nanousd > 0
    AND right(account, 10) >= ((now() AT TIME ZONE chosen.zone)::date - 1)::text) AS recently
), effect AS (
  SELECT CASE WHEN recently THEN zone ELSE $2 END AS zone,
    CASE WHEN recently AND zone <> $2 THEN $2 ELSE '' END AS next_zone,
    CASE WHEN recently AND zone <> $2 THEN {midnight("zone")} END AS next_at
  FROM chosen, spent
)
INSERT INTO projects (project, time_zone, day_nanousd, project_nanousd, next_time_zone, next_zone_at)
SELECT $1, zone, $3, $4, next_zone, next_at FROM effect
ON CONFLICT (project) DO UPDATE SET time_zone = excluded.time_zone, day_nanousd = excluded.day_nanousd,
  project_nanousd = excluded.project_nanousd, next_time_zone = excluded.next_time_zone,
  next_zone_at = excluded.next_zone_at
"""
