"""An invitation to connect a calendar, and the attempts made with it, stay inside their clinic."""

from django.db import migrations

from atendeai.common.migrations import tenant_foreign_key, tenant_key


class Migration(migrations.Migration):
    dependencies = [("calendar_sync", "0003_linking_modes")]

    operations = [
        tenant_key("calendar_sync_connectinvitation"),
        tenant_foreign_key("calendar_sync_connectinvitation", "professional_id", "clinics_professional"),
        tenant_foreign_key("calendar_sync_connectattempt", "invitation_id", "calendar_sync_connectinvitation"),
    ]
