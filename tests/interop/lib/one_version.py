"""Our versions endpoint with all but one version taken out: the one way to make a client choose a
lower version than the highest that it and we have in common."""

import json
import ssl
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FORWARDED = ("Authorization", "X-Request-ID", "X-Correlation-ID")
RETURNED = ("Content-Type", "X-Request-ID", "X-Correlation-ID")


@contextmanager
def only(version: str, versions_url: str, authority: Path):
    """The URL of such a list, while it is used."""
    context = ssl.create_default_context(cafile=authority)

    class Forwarder(BaseHTTPRequestHandler):
        """Asks us, and leaves out of the answer what is not that version."""

        def do_GET(self) -> None:  # The name is the base class's.
            """Forwards the request, whatever its path."""
            headers = {name: self.headers[name] for name in FORWARDED if name in self.headers}
            request = urllib.request.Request(versions_url, headers=headers)
            try:
                answer = urllib.request.urlopen(request, timeout=30, context=context)
            except urllib.error.HTTPError as refusal:
                answer = refusal
            envelope = json.load(answer)
            if "data" in envelope:
                listed = envelope["data"]
                envelope["data"] = [entry for entry in listed if entry["version"] == version]
            content = json.dumps(envelope).encode()
            self.send_response(answer.status)
            for name in RETURNED:
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Forwarder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/versions"
    finally:
        server.shutdown()
        server.server_close()
