"""Settings of the documentation. `make docs` builds it; a warning is an error there."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

project = "servicex-topcp"
author = "the servicex-topcp authors"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click", "sphinx_copybutton"]
html_theme = "furo"
html_title = "servicex-topcp"
html_show_copyright = False
highlight_language = "none"  # of blocks that do not name theirs: most are typed into a shell
html_static_path: list[str] = []
nb_execution_mode = "off"  # tests/e2e/test_examples.py runs the notebook, against a ServiceX
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_format = "short"
# Fields of named tuples are documented twice otherwise: by their docstring, and as the members that they are.
napoleon_use_ivar = True
# READMEs that are included here link to files of the repository, which are no pages.
suppress_warnings = ["myst.xref_missing"]
# Only what is typed is copied, not the prompt and not the answer.
copybutton_prompt_text = "$ "


def setup(app: Sphinx) -> None:
    """Put the pages that are made elsewhere in their places before Sphinx looks for pages."""
    app.connect("builder-inited", lambda app: make_pages(Path(app.srcdir)))


def make_pages(docs: Path) -> None:
    """Write the pages that are made from facts, and copy the notebook."""
    from from_facts import write_pages

    write_pages(docs / "reference" / "made")
    (docs / "howto" / "made").mkdir(exist_ok=True)
    shutil.copy2(docs.parent / "client" / "examples" / "bands.ipynb", docs / "howto" / "made")
