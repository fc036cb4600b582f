"""What the blocks of the configuration that act on events compute: triggers, selections, cut flows."""
