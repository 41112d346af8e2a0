"""The success criteria at the end of the checklist; each sums up what the sections before it say."""

from prodlint.checklist.item import Group, Item, Section

_ITEMS = (
    Item(
        name="security-passes",
        title="All security checks pass",
        sums=("security", "owasp"),
        verify="Go through what is open in sections 1 and 7.",
    ),
    Item(
        name="performance-passes",
        title="All performance targets are met",
        sums=("performance",),
        verify="Go through what is open in section 2.",
    ),
    Item(
        name="monitoring-passes",
        title="All monitoring is set up",
        sums=("observability",),
        verify="Go through what is open in section 3.",
    ),
    Item(
        name="tests-pass",
        title="All tests pass",
        rules=("missing-tests",),
        running="whether the tests pass",
        verify="Read the last run of the pipeline for the commit that is to be released.",
    ),
    Item(
        name="checklist-passes",
        title="The checklist's own run succeeds",
        rules=("unreadable-file",),
        related=("unused-suppression",),
        sums=("security", "performance", "observability", "deployment", "api-documentation", "testing", "owasp"),
        verify="`prodlint checklist --fail-on not-met,unknown,needs-attesting` ends with status 0.",
    ),
    Item(
        name="no-secrets-anywhere",
        title="No secret is in code or logs",
        sums=("no-secrets-in-code", "keys-not-logged", "sensitive-data-kept-out"),
        verify="Go through what is open in those three.",
    ),
    Item(
        name="rollback-passes",
        title="The rollback plan was tested",
        sums=("rollback-tested", "rollback-documented"),
        verify="Go through what is open in those two.",
    ),
)

SECTION = Section("success-criteria", "Success criteria", (Group("", _ITEMS),))
