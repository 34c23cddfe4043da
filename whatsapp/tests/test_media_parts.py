"""The pure parts: which addresses, which types and sizes, what stands on the disk."""

import io

import pytest

from whatsapp.cloud_api.media import hex_hash
from whatsapp.media import hosts, kinds, sealing
from whatsapp.media.keeping import clean_name
from whatsapp.media.kinds import MB, WrongFile

JPEG = b"\xff\xd8\xff\xe0" + bytes(600)
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(600)
ADTS = b"\xff\xf1" + bytes(600)
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02" + bytes(600)
STILL = b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(600)
API = "https://graph.facebook.com"


@pytest.mark.parametrize(
    ("url", "loopback", "is_allowed"),
    [
        ("https://157.240.1.1/x", False, True),
        ("http://157.240.1.1/x", False, False),
        ("https://graph.facebook.com/x", False, True),
        ("http://graph.facebook.com/x", False, False),
        ("https://127.0.0.1/x", False, False),
        ("http://127.0.0.1:8001/x", True, True),
        ("https://10.0.0.5/x", True, False),
        ("https://169.254.169.254/latest/meta-data", True, False),
        ("https://[::1]/x", False, False),
        ("https://[fd00::1]/x", False, False),
        ("https://[::ffff:10.0.0.1]/x", False, False),
        ("https://user@157.240.1.1/x", False, False),
        ("https://no-such-host.invalid/x", True, False),
        ("file:///etc/passwd", True, False),
        ("https://157.240.1.1:99999/x", False, False),
        ("", True, False),
    ],
)
def test_where_the_token_may_go(url: str, loopback: bool, is_allowed: bool) -> None:
    assert hosts.is_allowed(url, api_base_url=API, loopback=loopback) is is_allowed


@pytest.mark.parametrize(
    ("head", "declared", "found"),
    [
        (JPEG, "", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "", "image/png"),
        (WEBP, "", "image/webp"),
        (MP4, "video/mp4", "video/mp4"),
        (MP4, "audio/mp4", "audio/mp4"),
        (b"\x00\x00\x00\x18ftypM4A ", "", "audio/mp4"),
        (b"\x00\x00\x00\x18ftyp3gp4", "", "video/3gpp"),
        (b"\x00\x00\x00\x18ftypheic", "image/heic", kinds.UNKNOWN),
        (b"OggS", "", "audio/ogg"),
        (b"#!AMR\n", "", "audio/amr"),
        (b"ID3\x04", "", "audio/mpeg"),
        (b"\xff\xfb\x90", "", "audio/mpeg"),
        (ADTS, "", "audio/aac"),
        (b"%PDF-1.7", "", "application/pdf"),
        (b"<html>", "image/png", kinds.UNKNOWN),
        (b"<svg onload=alert(1)>", "image/png", kinds.UNKNOWN),
        (b"MZ\x90", "application/pdf", kinds.UNKNOWN),
        (b"", "image/png", kinds.UNKNOWN),
    ],
)
def test_the_bytes_tell_the_type(head: bytes, declared: str, found: str) -> None:
    assert kinds.sniff(head, declared=declared) == found


@pytest.mark.parametrize(
    ("head", "size", "name", "kind"),
    [
        (JPEG, 5 * MB, "a.jpg", "image"),
        (MP4, 16 * MB, "a.mp4", "video"),
        (b"OggS", 16 * MB, "a.ogg", "audio"),
        (b"%PDF-", 100 * MB, "a.pdf", "document"),
        (b"PK\x03\x04", 10, "a.docx", "document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 10, "a.xls", "document"),
        ("ação".encode(), 10, "a.txt", "document"),
        ("ação".encode("latin-1"), 10, "a.TXT", "document"),
        (STILL, 100 * 1024, "a.webp", "sticker"),
        (WEBP, 500 * 1024, "a.webp", "sticker"),
    ],
)
def test_what_meta_takes(head: bytes, size: int, name: str, kind: str) -> None:
    assert kinds.judge(head=head, size=size, name=name).kind == kind


@pytest.mark.parametrize(
    ("head", "size", "name", "code"),
    [
        (JPEG, 5 * MB + 1, "a.jpg", "size"),
        (MP4, 16 * MB + 1, "a.mp4", "size"),
        (b"OggS", 16 * MB + 1, "a.ogg", "size"),
        (b"%PDF-", 100 * MB + 1, "a.pdf", "size"),
        (STILL, 100 * 1024 + 1, "a.webp", "size"),
        (WEBP, 500 * 1024 + 1, "a.webp", "size"),
        (b"GIF89a", 10, "a.gif", "type"),
        (b"<html>", 10, "a.png", "type"),
        (b"<html>", 10, "a.html", "type"),
        (b"MZ", 10, "a.docx", "type"),
        (b"\x00\x01", 10, "a.txt", "type"),
        (b"PK\x03\x04", 10, "a.zip", "type"),
        (b"", 0, "a.png", "empty"),
    ],
)
def test_what_meta_refuses_is_refused_before(head: bytes, size: int, name: str, code: str) -> None:
    with pytest.raises(WrongFile) as wrong:
        kinds.judge(head=head, size=size, name=name)
    assert wrong.value.code == code
    assert (wrong.value.most_bytes > 0) == (code == "size")


@pytest.mark.parametrize("size", [0, 1, sealing.PIECE - 1, sealing.PIECE, sealing.PIECE + 1, 3 * sealing.PIECE])
def test_sealed_bytes_are_read_back_whole_and_from_the_middle(size: int) -> None:
    content = bytes(number * 7 % 251 for number in range(size))
    key, disk = sealing.new_key(), io.BytesIO()
    sealer = sealing.Sealer(key, disk.write)
    for start in range(0, size, 1000):
        sealer.take(content[start : start + 1000])
    sealer.finish()
    assert b"".join(sealing.unseal(disk, key, size)) == content
    for start, stop in ((0, 1), (size // 2, size // 2 + 10), (max(size - 5, 0), size + 100)):
        assert b"".join(sealing.unseal(disk, key, size, start=start, stop=stop)) == content[start:stop]


def test_sealed_bytes_that_were_changed_moved_or_cut_are_noticed() -> None:
    content = bytes(2 * sealing.PIECE + 10)
    key, disk = sealing.new_key(), io.BytesIO()
    sealer = sealing.Sealer(key, disk.write)
    sealer.take(content)
    sealer.finish()
    sealed, piece = disk.getvalue(), sealing.PIECE + 16
    changed = [
        b"\xff" + sealed[1:],
        sealed[piece : 2 * piece] + sealed[:piece] + sealed[2 * piece :],
        sealed[: 2 * piece],
    ]
    for spoilt in changed:
        with pytest.raises(sealing.Damaged):
            list(sealing.unseal(io.BytesIO(spoilt), key, len(content)))
    with pytest.raises(sealing.Damaged):
        list(sealing.unseal(io.BytesIO(sealed), sealing.new_key(), len(content)))
    with pytest.raises(sealing.Damaged):
        list(sealing.unseal(io.BytesIO(sealed), key, 2 * sealing.PIECE))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("exame.pdf", "exame.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Dalva\\guia médica.pdf", "guia médica.pdf"),
        ('a"b\r\nX-Evil: 1.pdf', "abX-Evil 1.pdf"),
        ("..", ""),
        ("", ""),
        ("x" * 400 + ".pdf", "x" * 200 + ".pdf"),
    ],
)
def test_names_lose_what_a_header_or_a_folder_could_trip_over(given: str, kept: str) -> None:
    assert clean_name(given) == kept


def test_hashes_come_in_base64_and_hex() -> None:
    assert hex_hash("ab" * 32) == "ab" * 32
    assert hex_hash("q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=") == "ab" * 32
    assert [hex_hash(wrong) for wrong in ("", "xyz", None, 7, "YQ==")] == [""] * 5
