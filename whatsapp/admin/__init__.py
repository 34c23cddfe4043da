"""The portal's pages of the channel: chats, messages, numbers, and what could not be worked."""

from whatsapp.admin import conversations, deliveries, messages, numbers, panels, templates

__all__ = ["conversations", "deliveries", "messages", "numbers", "panels", "templates"]
