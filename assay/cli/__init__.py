"""The ``assay`` command: one module per noun in ``commands/``. Data goes to stdout, progress and notices to stderr."""
