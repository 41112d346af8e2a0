"""Django's migrations replayed: their graph, the models that they describe, and what that makes of the database."""
