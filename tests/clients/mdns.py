"""Another device on the network, as multicast DNS (RFC 6762) knows it: says what it hears of a name, one record a line.

usage: mdns.py ADDRESS listen   until the name has been announced and taken back
       mdns.py ADDRESS claim    and answers whoever asks for the name that it is taken
"""

import socket
import struct
import sys
import time

NAME = "tincan.local"
GROUP = ("224.0.0.251", 5353)
own, mode = sys.argv[1:]


def encoded(name):
    labels = [bytes([len(label)]) + label.encode() for label in name.split(".")]
    return b"".join(labels) + b"\0"


def name_at(packet, at):
    labels, end = [], None
    while length := packet[at]:
        if length >= 0xC0:
            end = end or at + 2
            at = struct.unpack_from(">H", packet, at)[0] & 0x3FFF
        else:
            labels.append(packet[at + 1 : at + 1 + length].decode())
            at += 1 + length
    return ".".join(labels), end or at + 1


def parsed(packet):
    """Whether it is a response, the names that it asks for, and the answers: name, type, time to live, data."""
    _, flags, questions, *others = struct.unpack_from(">6H", packet)
    at, asked, records = 12, [], []
    for _ in range(questions):
        name, at = name_at(packet, at)
        asked.append(name)
        at += 4
    for _ in range(sum(others)):
        name, at = name_at(packet, at)
        kind, _, ttl, length = struct.unpack_from(">HHIH", packet, at)
        records.append((name, kind, ttl, packet[at + 10 : at + 10 + length]))
        at += 10 + length
    return bool(flags & 0x8000), asked, records


def taken():
    data = struct.pack(">HHIH", 1, 0x8001, 120, 4) + socket.inet_aton(own)
    return struct.pack(">6H", 0, 0x8400, 0, 1, 0, 0) + encoded(NAME) + data


def say(*words):
    print(*words, flush=True)


link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
link.bind(("", GROUP[1]))
address = socket.inet_aton(own)
link.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP[0]) + address)
link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, address)
link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
say("ready")
link.settimeout(20)
end = time.monotonic() + 30
while time.monotonic() < end:
    packet, (sender, _) = link.recvfrom(9000)
    if sender == own:
        continue
    is_response, asked, records = parsed(packet)
    if mode == "claim" and not is_response and NAME in asked:
        link.sendto(taken(), GROUP)
    for name, kind, ttl, data in records if is_response else []:
        if name == NAME and kind == 1:
            say("goodbye" if ttl == 0 else "here", socket.inet_ntoa(data))
            if ttl == 0:
                sys.exit()
        elif kind == 33:
            say("service", name, struct.unpack_from(">H", data, 4)[0])
