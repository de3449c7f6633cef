"""One module per noun. Each has an ``app``; its name is the command's, and ``assay.cli.lazy`` imports it on demand."""
