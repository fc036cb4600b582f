"""TopCPToolkit in the ServiceX client: `q.TopCPToolkit`, and the `topcp` command.

This module imports nothing, so that the command starts fast: `servicex` alone costs half a second.
"""
