"""What shows how the application does in production: health routes, logs, metrics, error trackers."""
