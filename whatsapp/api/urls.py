"""The channel's part of `/api/v1/`."""

from django.urls import path

from whatsapp.api.files import FileContent, FileDetail, Files
from whatsapp.api.views import ConversationMessages, Conversations, MessageDetail, Messages

urlpatterns = [
    path("files/", Files.as_view(), name="api-files"),
    path("files/<int:pk>/", FileDetail.as_view(), name="api-file"),
    path("files/<int:pk>/content/", FileContent.as_view(), name="api-file-content"),
    path("conversations/", Conversations.as_view(), name="api-conversations"),
    path("conversations/<int:pk>/messages/", ConversationMessages.as_view(), name="api-conversation-messages"),
    path("messages/", Messages.as_view(), name="api-messages"),
    path("messages/<int:pk>/", MessageDetail.as_view(), name="api-message"),
]
