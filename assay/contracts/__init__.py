"""Plain data that crosses process boundaries: msgspec structs, one codec, and the bus's subjects. No behaviour."""
