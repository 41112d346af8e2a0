"""Findings on public applications, recorded so that a change of a rule shows what it does to real code."""
