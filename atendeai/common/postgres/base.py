"""Is a connection that was idle still good? Looked at, not asked: a `SELECT 1` for each request is one more way.

A server that ends or restarts closes its end, and the kernel knows it at once. What the kernel does not know of, a
machine that is gone without a word, would not answer a `SELECT 1` either: there the keep-alives of `settings` end it.
"""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Django finds it by this name."""

    def is_usable(self) -> bool:
        """As Django asks before a request's first query, and after an error."""
        return self._is_quiet() or super().is_usable()

    def _is_quiet(self) -> bool:
        """Nothing went wrong on it, and nothing came while nobody asked: neither its end nor a word of the server's."""
        if self.connection is None or self.connection.closed or self.errors_occurred:
            return False
        seen = select.poll()
        seen.register(self.connection.fileno(), select.POLLIN)
        return not seen.poll(0)
