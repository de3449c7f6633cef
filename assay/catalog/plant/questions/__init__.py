"""Questions about the plant's telemetry: one module per set of samples. ``python -m assay.catalog.plant.questions``
writes them to the catalogue."""
