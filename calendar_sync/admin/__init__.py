"""The calendar's pages in the portal: what is linked, and what came from Google."""

from calendar_sync.admin import changes, links, pending, rewriting

__all__ = ["changes", "links", "pending", "rewriting"]
