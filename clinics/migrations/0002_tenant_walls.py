"""No row can point at another clinic's row, and no audit row can be changed: the database sees to both."""

from django.db import migrations

from atendeai.common.migrations import tenant_foreign_key, tenant_key

PARENTS = ("clinics_professional", "clinics_offering", "clinics_patient", "clinics_appointment")
CHILDREN = (
    ("clinics_offeringprofessional", "offering_id", "clinics_offering"),
    ("clinics_offeringprofessional", "professional_id", "clinics_professional"),
    ("clinics_workinghours", "professional_id", "clinics_professional"),
    ("clinics_hoursexception", "professional_id", "clinics_professional"),
    ("clinics_busyperiod", "professional_id", "clinics_professional"),
    ("clinics_appointment", "professional_id", "clinics_professional"),
    ("clinics_appointment", "offering_id", "clinics_offering"),
    ("clinics_appointment", "patient_id", "clinics_patient"),
)

APPEND_ONLY = """
CREATE FUNCTION clinics_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit entries are never changed or deleted' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER clinics_audit_append_only BEFORE UPDATE OR DELETE ON clinics_auditentry
    FOR EACH ROW EXECUTE FUNCTION clinics_audit_append_only();
"""
CHANGEABLE = """
DROP TRIGGER clinics_audit_append_only ON clinics_auditentry;
DROP FUNCTION clinics_audit_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("clinics", "0001_initial")]

    operations = [
        *(tenant_key(table) for table in PARENTS),
        *(tenant_foreign_key(*child) for child in CHILDREN),
        migrations.RunSQL(APPEND_ONLY, CHANGEABLE),
    ]
