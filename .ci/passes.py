"""Whether an event passes a proxy at https://chat.example:8443 at once, on a stream of server-sent events and on a
WebSocket. usage: passes.py NAME TOKEN, where the token's user is in conversation 1"""

import json
import socket
import ssl
import sys
import time

NAME, TOKEN = sys.argv[1:]
# An idle stream has something to say every 15 seconds, which would push what is held back out.
AT_ONCE = 5
CONTEXT = ssl.create_default_context()
CONTEXT.check_hostname = False
CONTEXT.verify_mode = ssl.CERT_NONE


def ask(request, headers, body=""):
    """Sends a request; gives back the connection, on which the answer comes."""
    plain = socket.create_connection(("127.0.0.1", 8443), AT_ONCE)
    connection = CONTEXT.wrap_socket(plain, server_hostname="chat.example")
    headers = {"Host": "chat.example", "Authorization": f"Bearer {TOKEN}", **headers}
    lines = [f"{request} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", body]
    connection.sendall("\r\n".join(lines).encode())
    return connection


def wait_for(connection, text):
    """Reads until the text has come, as it is written in a stream or in a frame."""
    read = b""
    while text.encode() not in read:
        try:
            more = connection.recv(65536)
        except TimeoutError:
            more = b""
        if not more:
            sys.exit(f"{NAME}: {text} didn't come within {AT_ONCE} s, but {read}")
        read += more


def say(content):
    body = json.dumps({"content": content})
    headers = {"Content-Type": "application/json", "Content-Length": len(body), "Connection": "close"}
    with ask("POST /api/conversations/1/messages", headers, body) as connection:
        wait_for(connection, "HTTP/1.1 201 ")


STREAM = {"Accept": "text/event-stream"}
WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
for kind, headers, begins in [
    ("stream", STREAM, "event:hello"),
    ("WebSocket", WEBSOCKET, '"hello"'),
]:
    with ask("GET /api/messages", headers) as connection:
        wait_for(connection, begins)
        content = f"by {kind} through {NAME}"
        began = time.monotonic()
        say(content)
        wait_for(connection, content)
        print(f"{NAME}, {kind}: an event passed in {(time.monotonic() - began) * 1000:.0f} ms")
