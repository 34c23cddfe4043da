"""No row can point at another clinic's row: the database sees to it."""

from django.db import migrations

from atendeai.common.migrations import tenant_foreign_key, tenant_key

PARENTS = ("whatsapp_number", "whatsapp_contact", "whatsapp_conversation", "whatsapp_message")
CHILDREN = (
    ("whatsapp_contact", "patient_id", "clinics_patient"),
    ("whatsapp_conversation", "number_id", "whatsapp_number"),
    ("whatsapp_conversation", "contact_id", "whatsapp_contact"),
    ("whatsapp_item", "conversation_id", "whatsapp_conversation"),
    ("whatsapp_message", "conversation_id", "whatsapp_conversation"),
    ("whatsapp_message", "appointment_id", "clinics_appointment"),
    ("whatsapp_messageevent", "message_id", "whatsapp_message"),
)


class Migration(migrations.Migration):
    dependencies = [("whatsapp", "0001_initial"), ("clinics", "0002_tenant_walls")]

    operations = [
        *(tenant_key(table) for table in PARENTS),
        *(tenant_foreign_key(*child) for child in CHILDREN),
    ]
