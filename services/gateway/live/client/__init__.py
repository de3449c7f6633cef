"""One WebSocket client: its connection, its subscriptions, and the bounded queue of frames to send."""
