"""Storage: models, queries, migrations. Knows nothing of the program."""
