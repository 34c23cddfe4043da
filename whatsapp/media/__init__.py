"""Where are the files that patients send and the clinic answers with, and who fetches and uploads them?

The message first, then its file: a row (`MediaFile`) is the work, in either direction, and a job of its own fetches or
uploads while the chat goes on. The bytes lie encrypted outside the web root, under random names.
"""

from whatsapp.media.erasing import erase, sweep_orphans
from whatsapp.media.expecting import expect
from whatsapp.media.fetching import ADDRESS
from whatsapp.media.jobs import DISK_ALERT, sweep
from whatsapp.media.keeping import clean_name, keep
from whatsapp.media.kinds import WrongFile
from whatsapp.media.sending import content_for, takes_caption, with_header, with_id
from whatsapp.media.uploading import UploadPending, content_of, sendable_id
from whatsapp.media.working import retry, work

__all__ = [
    "ADDRESS",
    "DISK_ALERT",
    "UploadPending",
    "WrongFile",
    "clean_name",
    "content_for",
    "content_of",
    "erase",
    "expect",
    "keep",
    "retry",
    "sendable_id",
    "sweep",
    "sweep_orphans",
    "takes_caption",
    "with_header",
    "with_id",
    "work",
]
