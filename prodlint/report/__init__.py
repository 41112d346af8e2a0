"""Renders a report: one module a format, each a function from report and rules to text."""
