"""Models under test: one protocol, and one module for each way to reach a model."""

from services.runner.models.protocol import (
    ChatMessage,
    Completion,
    Image,
    Model,
    ModelRequest,
    OnText,
    ToolCall,
    ToolDefinition,
)

__all__ = ["ChatMessage", "Completion", "Image", "Model", "ModelRequest", "OnText", "ToolCall", "ToolDefinition"]
