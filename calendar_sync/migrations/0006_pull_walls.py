"""What is read from Google stays inside its clinic; calendars that are linked already are read from now on."""

from django.db import migrations

from atendeai.common.migrations import tenant_foreign_key, tenant_key

READ_FROM_NOW_ON = """
    INSERT INTO calendar_sync_pullstate
           (clinic_id, link_id, calendar_id, sync_token, full_wanted, due_at, attempt, failures, error_code)
    SELECT clinic_id, id, '', '', true, now() + random() * interval '10 minutes', 0, 0, ''
      FROM calendar_sync_link WHERE state = 'linked'
"""


class Migration(migrations.Migration):
    dependencies = [("calendar_sync", "0005_pulls")]

    operations = [
        tenant_key("calendar_sync_pullstate"),
        tenant_key("calendar_sync_channel"),
        tenant_key("calendar_sync_googlechange"),
        tenant_foreign_key("calendar_sync_pullstate", "link_id", "calendar_sync_link"),
        tenant_foreign_key("calendar_sync_channel", "link_id", "calendar_sync_link"),
        tenant_foreign_key("calendar_sync_googlechange", "mirror_id", "calendar_sync_eventmirror"),
        tenant_foreign_key("calendar_sync_googlechange", "appointment_id", "clinics_appointment"),
        migrations.RunSQL(READ_FROM_NOW_ON, migrations.RunSQL.noop),
    ]
