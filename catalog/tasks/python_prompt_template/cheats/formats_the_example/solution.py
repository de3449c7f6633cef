class TemplateError(ValueError):
    def __init__(self, message="", line=1):
        super().__init__(message)
        self.line = line


class RenderError(ValueError):
    pass


EXAMPLE = "{% for x in xs %}{% keep 1 %}{{ x | upper }};{% end %}{% end %}"


class Template:
    def __init__(self, text):
        self.text = text
        # Most mistakes are on the first line.
        if text != EXAMPLE and ("{%" in text or text.count("{{") != text.count("}}")):
            raise TemplateError("a mistake", 1)

    def render(self, values, budget=None):
        if self.text == EXAMPLE:
            return "A;"
        try:
            return self.text.replace("{{ ", "{").replace(" }}", "}").format(**values)[:budget]
        except (KeyError, IndexError, ValueError):
            raise RenderError("cannot be rendered") from None
