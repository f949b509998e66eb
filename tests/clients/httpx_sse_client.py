"""Follows the feed at the URL that it is given by httpx-sse, and prints each message.

httpx-sse leaves it to its user to come back, and gives them the last id and the time to wait.
"""

import json
import sys
import threading
import time

import httpx
from httpx_sse import ServerSentEvent, connect_sse


def follow(url: str) -> None:
    last, wait = "", 0.5
    while True:
        headers = {"Last-Event-ID": last} if last else {}
        try:
            with httpx.Client(timeout=30) as client, connect_sse(client, "GET", url, headers=headers) as source:
                for event in source.iter_sse():
                    show(event)
                    last = event.id or last
                    wait = event.retry / 1000 if event.retry else wait
        except httpx.TransportError:
            pass
        time.sleep(wait)


def show(event: ServerSentEvent) -> None:
    if event.event == "hello":
        print("hello", flush=True)
    elif event.event == "message":
        print("message", json.loads(event.data)["content"], flush=True)


threading.Thread(target=follow, args=sys.argv[1:], daemon=True).start()
# The parent's end closes this, however the parent ends.
sys.stdin.read()
