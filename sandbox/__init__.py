"""A stand-in for Meta and Google, over real HTTP, for development and tests.

Run it with `python -m sandbox`.
"""
