"""Where text leaves the program for a log: loggers, `print`, spans and error trackers."""

from __future__ import annotations

LOG_METHODS = frozenset(
    "trace debug info success notice warning warn error exception critical fatal log msg bind new contextualize "
    "adebug ainfo awarning awarn aerror aexception acritical afatal alog".split()
)
"""Methods of `logging.Logger`, of structlog's and of loguru's loggers that write a message or keep values for later
ones. Sources: the documentation of `logging`, structlog ("BoundLogger", the `a...` ones await) and loguru."""

CONTEXT_METHODS = frozenset({"bind", "new", "contextualize"})
"""Those that give back a logger: the names are common, so the receiver must be one for sure."""

LOG_MODULES = ("logging.", "structlog.", "loguru.")
"""How the dotted names of log calls outside the tree begin."""

CONTEXT_FUNCTIONS = frozenset(
    {
        "structlog.contextvars.bind_contextvars",
        "structlog.contextvars.bound_contextvars",
        "structlog.threadlocal.bind_threadlocal",
    }
)

LOGGER_NAMES = frozenset({"log", "logger", "logging"})
"""What a receiver is called (`LOG`, `_logger`, `self.log`) that counts as a logger where it cannot be resolved; so do
names that end in one of these words (`audit_logger`)."""

PRINTS = frozenset({"builtins.print", "pprint.pprint", "pprint.pp", "rich.print"})
WRITES = frozenset({"sys.stdout.write", "sys.stderr.write"})

SPAN_METHODS = frozenset({"set_attribute", "set_attributes", "add_event"})
"""Methods of OpenTelemetry's `Span`."""

SPAN_NAMES = frozenset({"span"})

TRACKER_METHODS = frozenset(
    {"set_extra", "set_extras", "set_context", "set_tag", "set_tags", "capture_message", "add_breadcrumb"}
)
"""Functions of `sentry_sdk` and methods of its scopes."""

TRACKER_NAMES = frozenset({"sentry", "sdk", "scope"})

SETTING_ARGUMENTS = frozenset(
    {"exc_info", "stack_info", "stacklevel", "end", "sep", "flush", "file", "level", "_nested"}
)
"""Keywords of those calls that are not written out."""

COMMAND_DECORATORS = ("click.", "typer.", "flask.cli.", "cyclopts.", "invoke.")
COMMAND_METHODS = frozenset({"command", "callback", "cli_command", "task"})
"""How a function is made a command that a person runs: what it prints is meant for that person."""

REDACTION_WORDS = frozenset(
    "redact redacting redaction redactor mask masking sanitize sanitizing scrub scrubbing sensitive secret secrets pii "
    "censor obfuscate anonymize".split()
)
"""Words in the name of a filter or processor that takes secrets out of log records."""
