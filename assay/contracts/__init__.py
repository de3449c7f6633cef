"""Plain data that crosses a process boundary, and nothing else: msgspec structs, one codec, the bus's subjects."""
