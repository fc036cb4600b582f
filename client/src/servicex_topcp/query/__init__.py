"""The query class that the ServiceX client offers as `q.TopCPToolkit`.

`servicex` loads its plugins while it is imported. It must therefore come first and whole: whoever imports this package
before `servicex` would otherwise be asked for a class that is still being made, and `import servicex` would fail.
"""

import servicex  # type: ignore[import-untyped]  # noqa: F401 - for its effect, see above

from servicex_topcp.query.toolkit import TopCPToolkitQuery

__all__ = ["TopCPToolkitQuery"]
