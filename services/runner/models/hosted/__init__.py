"""Models that the model host serves on its machine."""
