"""FastAPI and Starlette: routers, dependencies and the routes that they make."""
