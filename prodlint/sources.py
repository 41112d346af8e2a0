"""Which files a run looks at, and of which kind."""

from __future__ import annotations

from msgspec import Struct


class Source(Struct, frozen=True, array_like=True):
    """A file below the repository root."""

    path: str
    """Relative to the repository root, with `/`."""
    kind: str
    """"python", "toml", "yaml", "json", "requirements", "dockerfile", "dotenv", "ini" or "text"."""
    role: str
    """"application", "test", "script", "migration", "example" or "documentation": rules treat them differently."""
    project: str
    """The folder of the application or library that the file belongs to (nearest manifest upwards), relative, "" for
    the root."""
    size: int
    """In bytes."""
    modified: int
    """Modification time in nanoseconds."""
