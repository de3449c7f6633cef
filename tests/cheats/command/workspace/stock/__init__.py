"""Levels of stock, by shelf or by item."""
