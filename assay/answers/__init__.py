"""Reads what models write, leniently and in linear time. Shared by runners and judges."""
