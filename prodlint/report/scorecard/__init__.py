"""The scorecard for a person or a program: text, Markdown, JSON, one HTML page."""
