"""The speed budgets, measured as ratios in one run."""
