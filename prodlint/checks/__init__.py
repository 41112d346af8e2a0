"""The code of rules: `checks/<category>/<rule_name>.py` holds the `check` of the rule at `rules/<category>/<rule-name>.md`.

There is no registry: the path is the registration.
"""
