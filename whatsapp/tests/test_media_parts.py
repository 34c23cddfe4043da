"""The pure parts: which addresses, which types and sizes, what stands on the disk."""

import io

import pytest

from atendeai import env
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
NAMES = ["lookaside.fbsbx.com"]


@pytest.mark.parametrize(
    "url",
    [
        "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1&source=webhook&hash=a@b",
        "https://LOOKASIDE.fbsbx.com:443/x",
        "https://br.lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com",
        "https://graph.facebook.com/x",
        "https://graph.facebook.com:443/x",
    ],
)
def test_where_the_token_may_go(url: str) -> None:
    assert hosts.is_allowed(url, api_base_url=API, names=NAMES)


@pytest.mark.parametrize(
    "url",
    [
        "https://files.example.com/x",
        "https://157.240.1.1/x",
        "http://lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com:8443/x",
        "https://evillookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com.example.com/x",
        "https://fbsbx.com/x",
        "https://lookaside.fbsbx.com./x",
        "http://graph.facebook.com/x",
        "https://x.graph.facebook.com/x",
        "https://user@lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com@example.com/x",
        "https://example.com#.lookaside.fbsbx.com/x",
        "https://example.com?.lookaside.fbsbx.com/x",
        # Where two readers of addresses see two different hosts.
        "https://example.com\\.lookaside.fbsbx.com/x",
        "https://example.com\t.lookaside.fbsbx.com/x",
        "https://example.com\n.lookaside.fbsbx.com/x",
        " https://lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com/x\n",
        "https://loo\u212aaside.fbsbx.com/x",
        "https://127.0.0.1/x",
        "http://127.0.0.1:8001/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "https://lookaside.fbsbx.com:99999/x",
        "file:///etc/passwd",
        "//lookaside.fbsbx.com/x",
        "",
    ],
)
def test_where_the_token_may_not_go(url: str) -> None:
    assert not hosts.is_allowed(url, api_base_url=API, names=NAMES)


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("http://127.0.0.1:8001/x", True),
        ("http://127.0.0.1:8002/x", False),
        ("http://127.0.0.1/x", False),
        ("https://127.0.0.1:8001/x", False),
        ("http://localhost:8001/x", False),
        ("http://127.0.0.1:8001@example.com/x", False),
    ],
)
def test_whatever_stands_in_for_meta_may_have_it_too(url: str, is_allowed: bool) -> None:
    assert hosts.is_allowed(url, api_base_url="http://127.0.0.1:8001", names=NAMES) is is_allowed
    assert hosts.is_allowed("http://[::1]:8001/x", api_base_url="http://[::1]:8001/meta", names=[])


@pytest.mark.parametrize("value", ["com", "https://fbsbx.com", "*.fbsbx.com", "a..b.com", "10.0.0.5", "fbsbx.com:443"])
def test_what_is_no_name_of_a_host_stops_the_start(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIA_ALLOWED_HOSTS", f"lookaside.fbsbx.com,{value}")
    with pytest.raises(env.BadSetting, match="MEDIA_ALLOWED_HOSTS"):
        env.host_names("MEDIA_ALLOWED_HOSTS", NAMES)


def test_names_of_hosts_are_read_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIA_ALLOWED_HOSTS", "LookAside.fbsbx.com, cdn-2.example.com")
    assert env.host_names("MEDIA_ALLOWED_HOSTS", []) == ["lookaside.fbsbx.com", "cdn-2.example.com"]


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
