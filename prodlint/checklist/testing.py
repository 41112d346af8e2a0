"""Section 6: tests of parts, of parts together, and of the whole."""

from prodlint.checklist.item import Group, Item, Section

_UNIT = Group(
    "Unit tests",
    (
        Item(
            name="tools-unit-tested",
            title="Every MCP tool has unit tests",
            rules=("untested-tool",),
            needs=("tools",),
            verify="Run the tests with coverage and look at the file of the tools.",
        ),
        Item(
            name="services-unit-tested",
            title="Every service has unit tests",
            rules=("untested-service",),
            needs=("services",),
            verify="Run the tests with coverage and look at the services.",
        ),
        Item(
            name="coverage",
            title="Tests cover more than 80 % of the code",
            rules=("missing-coverage-threshold",),
            related=("missing-tests",),
            verify="`pytest --cov --cov-report=term-missing` and read the total.",
        ),
    ),
)

_INTEGRATION = Group(
    "Integration tests",
    (
        Item(
            name="chat-integration-tested",
            title="The chat endpoint has integration tests",
            rules=("untested-route",),
            needs=("chat",),
            verify="Run the tests that call the endpoint and look at what they assert.",
        ),
        Item(
            name="database-integration-tested",
            title="Tests run against a database",
            rules=("missing-tests",),
            needs=("database",),
            verify="Stop the test database: tests have to fail.",
        ),
        Item(
            name="agent-integration-tested",
            title="The agent has integration tests",
            rules=("missing-tests",),
            needs=("agent",),
            verify="Run the tests that drive the agent and look at what they assert.",
        ),
        Item(
            name="tools-executed",
            title="Tests execute the tools",
            rules=("untested-tool",),
            needs=("tools",),
            verify="Look for a test that calls each tool and checks what it did to the data.",
        ),
    ),
)

_END_TO_END = Group(
    "End-to-end tests",
    (
        Item(
            name="signup-to-chat-tested",
            title="One test goes from signup over login to the main function (chat)",
            rules=("untested-route",),
            needs=("accounts",),
            verify="Follow one such test through all three steps.",
        ),
        Item(
            name="tools-through-chat-tested",
            title="All tools are reached through chat in a test",
            related=("untested-tool",),
            needs=("tools", "chat"),
            running="which tool the model calls for which message",
            verify="Ask for each tool in chat on staging and see that it was called.",
        ),
        Item(
            name="conversation-tested",
            title="A conversation of several turns is tested",
            needs=("chat",),
            running="whether an answer takes the turns before it into account",
            verify="Refer to the first message in the third, and read the answer.",
        ),
        Item(
            name="errors-tested",
            title="Tests provoke errors",
            rules=("missing-auth-test",),
            related=("untested-route",),
            needs=("routes",),
            verify="Look for tests that expect 401, 403, 404, 422 and a failing service.",
        ),
    ),
)

SECTION = Section("testing", "Testing", (_UNIT, _INTEGRATION, _END_TO_END))
