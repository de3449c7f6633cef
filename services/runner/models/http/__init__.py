"""HTTP, as the clients of all families use it."""
