"""The portal's pages of the channel: chats, messages, numbers, and what could not be worked."""

from whatsapp.admin import conversations, costs, deliveries, messages, numbers, panels, pending, templates

__all__ = ["conversations", "costs", "deliveries", "messages", "numbers", "panels", "pending", "templates"]
