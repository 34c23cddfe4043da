"""The clinic's data for programs: `/api/v1/…`, one key per program, and the key alone decides the clinic."""
