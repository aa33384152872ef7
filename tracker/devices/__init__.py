"""One protocol, several devices. Knows nothing of contracts and of the database."""
