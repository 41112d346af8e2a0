"""Django's models: their tables, columns and indexes as the schema editor would create them."""
