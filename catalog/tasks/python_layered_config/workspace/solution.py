class ConfigError(ValueError):
    """A mistake in a layer. Has the attributes `layer` and `path`."""

    def __init__(self, message: str, layer: str, path: str):
        super().__init__(message)
        self.layer, self.path = layer, path


def merge_layers(layers: list[tuple[str, dict]]) -> tuple[dict, dict]:
    """Returns the merged config and the origin of each of its values."""
    raise NotImplementedError
