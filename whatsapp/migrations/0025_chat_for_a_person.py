from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Built beside the running system: chats go on being worked meanwhile.
    atomic = False

    dependencies = [
        ("whatsapp", "0024_item_of_clinic"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="conversation",
            index=models.Index(
                fields=["clinic", "-last_message_at", "-id"],
                condition=models.Q(
                    ("handler", "person"),
                    models.Q(
                        models.Q(
                            ("attendant__isnull", True),
                            models.Q(("handover_reason", "phone"), _negated=True),
                        ),
                        ("unread__gt", 0),
                        _connector="OR",
                    ),
                ),
                name="whatsapp_chat_for_a_person",
            ),
        ),
    ]
