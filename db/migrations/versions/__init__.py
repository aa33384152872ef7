"""One module per schema revision, numbered."""
