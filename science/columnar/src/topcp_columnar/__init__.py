"""The columnar engine: TopCPToolkit's command and ntuples in pure Python, for PHYSLITE."""

__version__ = "0.1.0"
