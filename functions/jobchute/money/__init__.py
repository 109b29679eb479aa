"""What jobs cost: prices, the bound of a job's cost, its estimate after the end, and budgets. Pure."""
