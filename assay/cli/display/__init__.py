"""What commands print: tables, progress, one-line summaries and logs."""
