"""Conversations and messages for programs: `/api/v1/conversations/`, `/api/v1/messages/`."""
