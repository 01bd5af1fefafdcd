"""A service that knows nothing: it answers every request with what reached it.

Tests of the edge and of the stack put it in the place of the real ones (`shared/service.py` of a folder of their own).
A request to a path that ends in /hang-up is counted and its connection cut, as by a service that dies at work.
"""

ECHO = """
import json, os, signal, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

name = sys.argv[1]
hung_up = 0


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # one packet an answer

    def do_GET(self):
        global hung_up
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.endswith("/hang-up"):
            hung_up += 1
            self.close_connection = True
            return
        headers = {key.lower(): value for key, value in self.headers.items()}
        said = {"service": name, "pid": os.getpid(), "path": self.path, "length": len(body), "headers": headers}
        if not self.path.startswith("/health"):
            print(json.dumps({"level": "info", "message": "asked", "path": self.path}), flush=True)
        answer = json.dumps(said | {"hung_up": hung_up, "settings": dict(os.environ)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET

    def log_message(self, *words):
        pass


server = ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Echo)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
"""
