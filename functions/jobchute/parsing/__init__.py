"""From bytes to documents, with line and column: JSON, JSON Lines and YAML."""
