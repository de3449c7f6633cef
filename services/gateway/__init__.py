"""The gateway: HTTP and WebSocket for clients, the bus for everything else. It has no state and no database access."""
