"""A bucket of an S3-like server: as much of the protocol as storing, reading, listing and deleting need."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

BUCKET = "arquivos"
_OLD = "2020-01-01T00:00:00.000Z"


class Bucket:
    """What it holds, by key; `broken`: answers 503 to everything."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.objects: dict[str, bytes] = {}
        self.broken = False


@contextmanager
def running() -> Iterator[Bucket]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.daemon_threads = True
    bucket = Bucket(f"http://127.0.0.1:{server.server_address[1]}")
    server.RequestHandlerClass = _handler(bucket)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _plain(body: bytes) -> bytes:
    """The content of an aws-chunked body: sizes in hex, pieces, trailers."""
    content, rest = b"", body
    while rest:
        head, _, rest = rest.partition(b"\r\n")
        size = int(head.split(b";")[0], 16)
        if size == 0:
            break
        content, rest = content + rest[:size], rest[size + 2 :]
    return content


def _found(bucket: Bucket, path: str, key: str) -> tuple[int, bytes]:
    if bucket.broken:
        return 503, b""
    if not key:
        return 200, _listing(bucket, path)
    return (200, bucket.objects[key]) if key in bucket.objects else (404, b"")


def _listing(bucket: Bucket, path: str) -> bytes:
    prefix = parse_qs(urlsplit(path).query).get("prefix", [""])[0]
    keys = "".join(
        f"<Contents><Key>{key}</Key><LastModified>{_OLD}</LastModified><Size>1</Size></Contents>"
        for key in bucket.objects
        if key.startswith(prefix)
    )
    return f"<ListBucketResult><IsTruncated>false</IsTruncated>{keys}</ListBucketResult>".encode()


def _handler(bucket: Bucket) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, status: int, body: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Last-Modified", "Wed, 01 Jan 2020 00:00:00 GMT")
            self.send_header("ETag", '"x"')
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def key(self) -> str:
            return unquote(urlsplit(self.path).path).removeprefix(f"/{BUCKET}").lstrip("/")

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if "aws-chunked" in self.headers.get("Content-Encoding", ""):
                body = _plain(body)
            if not bucket.broken:
                bucket.objects[self.key()] = body
            self.answer(503 if bucket.broken else 200)

        def do_GET(self) -> None:
            self.answer(*_found(bucket, self.path, self.key()))

        do_HEAD = do_GET  # noqa: N815 - the name that http.server calls

        def do_DELETE(self) -> None:
            bucket.objects.pop(self.key(), None)
            self.answer(204)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler
