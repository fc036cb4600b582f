"""A module of the toolkit that cannot be imported any more."""

import NoSuchAtlasPackage  # noqa: F401 - that is the point
