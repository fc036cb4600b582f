"""Stands in for the package of the same name in an AnalysisBase of 2025."""
