"""Who may use the gateway: by Host and Origin, and by token."""
