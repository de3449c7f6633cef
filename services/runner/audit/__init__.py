"""What looks like cheating while an attempt is executed: its commands, files and connections."""
