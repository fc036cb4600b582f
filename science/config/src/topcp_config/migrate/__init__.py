"""Configurations rewritten for another release of the toolkit."""

from topcp_config.migrate.migration import Migration, Note, migrate_text

__all__ = ["Migration", "Note", "migrate_text"]
