"""The queries of the application: what they read, by which columns, and how often."""
