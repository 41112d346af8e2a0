"""Section 5: what those who call the API are told."""

from prodlint.checklist.item import Group, Item, Section

_ITEMS = (
    Item(
        name="schema-complete",
        title="The OpenAPI schema is complete",
        rules=("missing-response-model", "shadowed-route"),
        needs=("schema",),
        verify="`curl URL/openapi.json > openapi.json` and check it with an OpenAPI validator.",
    ),
    Item(
        name="endpoints-documented",
        title="Every endpoint says what it does",
        rules=("undocumented-route",),
        needs=("schema",),
        verify="Read the documentation page from top to bottom.",
    ),
    Item(
        name="examples-given",
        title="Requests and responses have examples",
        rules=("missing-example",),
        needs=("schema",),
        verify="Try each endpoint from the documentation page without changing what it proposes.",
    ),
    Item(
        name="errors-documented",
        title="The error responses are documented",
        rules=("undocumented-error-response",),
        needs=("schema",),
        verify="Compare the statuses that the tests expect with those of the schema.",
    ),
    Item(
        name="authentication-documented",
        title="The documentation says how to authenticate",
        related=("public-api-docs",),
        needs=("schema", "protected"),
        verify="Use the Authorize button of the documentation page, then call a protected route.",
    ),
    Item(
        name="rate-limits-documented",
        title="The rate limits are documented",
        rules=("missing-rate-limit", "ineffective-rate-limit"),
        related=("inert-integration",),
        needs=("routes",),
        running="whether the documents that callers read name the limits",
        verify="Find each limit in the documentation, and 429 among the responses.",
    ),
)

SECTION = Section("api-documentation", "API documentation", (Group("", _ITEMS),))
