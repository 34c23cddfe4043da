"""Support for tests: factories, named people, a webhook builder. Imported by tests only."""
