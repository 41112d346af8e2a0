"""prodlint tells whether a Python web application is ready for production, without running it."""

__version__ = "0.1.0"
