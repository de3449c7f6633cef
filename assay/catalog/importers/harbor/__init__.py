"""Harbor and Terminal-Bench: folders of tasks that an agent solves in a container of their own."""
