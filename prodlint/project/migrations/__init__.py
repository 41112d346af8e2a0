"""Migrations replayed without a database: the revision graph, and the schema that it ends in."""
