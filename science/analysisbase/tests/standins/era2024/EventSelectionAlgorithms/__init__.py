"""Stands in for the package of AnalysisBase 24.2.37 with the same name."""
