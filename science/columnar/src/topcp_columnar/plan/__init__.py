"""From the blocks of a configuration to a list of computations: decided once, before the first event is read."""
