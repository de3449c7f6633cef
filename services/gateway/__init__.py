"""The gateway: HTTP and WebSocket in front, the bus behind; it holds no state and no database credentials."""
