"""The code of rules: `checks/<category>/<rule_name>.py` is that of the page `rules/<category>/<rule-name>.md`.

There is no registry: the path is the registration.
"""
