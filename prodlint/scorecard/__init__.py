"""What holds for each item of the checklist: rules, evidence of the model and attestations brought together."""
