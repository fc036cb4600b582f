"""Settings of the documentation. `make docs` builds it; a warning is an error there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

project = "servicex-topcp"
author = "the servicex-topcp authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click", "sphinx_copybutton"]
html_theme = "furo"
html_title = "servicex-topcp"
html_static_path: list[str] = []
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_format = "short"
# READMEs that are included here link to files of the repository, which are no pages.
suppress_warnings = ["myst.xref_missing"]
# Only what is typed is copied, not the prompt and not the answer.
copybutton_prompt_text = "$ "


def setup(app: Sphinx) -> None:
    """Write the pages that are made from facts before Sphinx looks for pages."""
    from from_facts import write_pages

    app.connect("builder-inited", lambda app: write_pages(Path(app.srcdir) / "reference" / "made"))
