"""The tests of the application: which routes they call."""
