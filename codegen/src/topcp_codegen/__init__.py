"""ServiceX code generator for TopCPToolkit: a checked YAML configuration in; image, command and zip out."""

from .app import create_app

__all__ = ["create_app"]
