class TemplateError(ValueError):
    """A mistake in a template, with the number of its line."""

    def __init__(self, message: str, line: int):
        super().__init__(message)
        self.line = line


class RenderError(ValueError):
    """The template cannot be rendered with these values, or within the budget."""


class Template:
    def __init__(self, text: str):
        raise NotImplementedError

    def render(self, values: dict, budget: int | None = None) -> str:
        raise NotImplementedError
