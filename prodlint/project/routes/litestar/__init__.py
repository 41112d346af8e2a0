"""Litestar: applications, routers, controllers and the routes that they make."""
