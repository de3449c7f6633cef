"""What the judge reads from and writes to the artifact store."""
