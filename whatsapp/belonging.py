"""Whose is a message, whatever was merged since? Of whom it was said with, not of whom the chat is now.

Two contacts that WhatsApp called one may be two patients (a mother, and a child with her number): their chats are one
then, and each keeps what was said before. What was said since is of the patient of the contact that stands. What was
said with nobody the clinic knew became the survivor's. An undone merge put back what it says.
"""

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from clinics import merging as patient_merging
from clinics.models import Patient
from whatsapp.models import Message

# (message_id, patient_id) of every message that a merge took over from a patient's contact: the first merge counts.
# A chat that only changed hands has its messages from before; they may have been moved on since, by a later merge.
TAKEN_OVER = """
WITH merges AS (
    SELECT merge.id, merge.at, merge.moved, loser.patient_id
      FROM whatsapp_contactmerge AS merge JOIN whatsapp_contact AS loser ON loser.id = merge.loser_id
     WHERE merge.clinic_id = %s),
moved AS (
    SELECT merges.id, merges.patient_id, (chat ->> 'from')::bigint AS chat_id, message::bigint AS message_id
      FROM merges, jsonb_array_elements(coalesce(moved -> 'joined', '[]')) AS chat,
           jsonb_array_elements_text(chat -> 'messages') AS message),
handed AS (
    SELECT merges.id, merges.at, merges.patient_id, chat::bigint AS chat_id
      FROM merges, jsonb_array_elements_text(coalesce(moved -> 'handed', '[]')) AS chat),
taken AS (
    SELECT id, patient_id, message_id FROM moved
    UNION ALL
    SELECT handed.id, handed.patient_id, message.id
      FROM handed JOIN whatsapp_message AS message
        ON message.conversation_id = handed.chat_id AND message.created_at < handed.at
    UNION ALL
    SELECT handed.id, handed.patient_id, message.id
      FROM handed JOIN moved ON moved.chat_id = handed.chat_id
      JOIN whatsapp_message AS message ON message.id = moved.message_id AND message.created_at < handed.at),
first AS (
    SELECT DISTINCT ON (message_id) message_id, patient_id FROM taken
     WHERE patient_id IS NOT NULL ORDER BY message_id, id)
SELECT message_id FROM first
"""


def messages_of(patient: Patient) -> QuerySet[Message]:
    """What was said in this patient's chats: to them, by them, by us."""
    person = patient_merging.standing(patient)
    theirs = RawSQL(f"{TAKEN_OVER} WHERE patient_id = %s", [person.clinic_id, person.pk])  # noqa: S611
    anybody_s = RawSQL(TAKEN_OVER, [person.clinic_id])  # noqa: S611
    is_here = Q(conversation__contact__patient=person) & ~Q(pk__in=anybody_s)
    return Message.objects.for_clinic(person.clinic_id).filter(is_here | Q(pk__in=theirs))
