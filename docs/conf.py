# ruff: noqa: INP001 - Sphinx reads this file; it is no module
"""How the documentation is built: ``sphinx-build -W --keep-going -b html docs OUT`` with the extra ``docs``."""

project = "sealift"
author = "The sealift authors"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["examples", "_build"]
html_theme = "alabaster"
html_theme_options = {"description": "Data migrations you can pip-install from strangers.", "fixed_sidebar": True}
html_extra_path = ["reference/schemas"]
myst_heading_anchors = 3
nitpicky = True
