"""What each block of the configuration computes: one module a kind of object."""
