"""aiohttp: applications, route tables and the routes that they make."""
