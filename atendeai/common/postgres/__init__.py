"""The database engine of `DATABASES`: Django's for PostgreSQL, with a cheaper look at connections that were idle."""
