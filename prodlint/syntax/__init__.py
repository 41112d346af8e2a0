"""libcst helpers: everything that knows how a concrete syntax tree looks, shared by the Python reader and the fixes."""
