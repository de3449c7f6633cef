"""Other people's benchmarks as tasks: each format is a module with ``read(source, options) -> ImportPlan``.

A plan is data. ``staging.stage`` validates it with the catalogue's loader, ``staging.write`` writes it.
docs/importing.md says what is taken from each format.
"""
