"""GLUE: the nine tasks and the diagnostics, from a folder with the published TSV files or the hub's Parquet files."""
