"""Asks an AnalysisBase what it knows of the YAML language of TopCPToolkit."""
