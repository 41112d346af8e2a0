"""What secrets flow into: log calls, `print` and span attributes."""
