"""The channel's part of `/api/v1/`."""

from django.urls import path

from whatsapp.api.views import ConversationMessages, Conversations, MessageDetail, Messages

urlpatterns = [
    path("conversations/", Conversations.as_view(), name="api-conversations"),
    path("conversations/<int:pk>/messages/", ConversationMessages.as_view(), name="api-conversation-messages"),
    path("messages/", Messages.as_view(), name="api-messages"),
    path("messages/<int:pk>/", MessageDetail.as_view(), name="api-message"),
]
