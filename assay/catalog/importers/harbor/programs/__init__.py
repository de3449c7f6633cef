"""Programs that run in the sandboxes of imported tasks, never on the host."""
