"""HTTP itself: the server, request bodies and parameters, problems."""
