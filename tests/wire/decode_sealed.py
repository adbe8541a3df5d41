"""Opens proto/vectors/sealed.hex by proto/README.md alone; for decode.py. The cipher is written from RFC 8439."""

import hashlib
import struct

MASK32 = 0xFFFFFFFF
BLOCK, CONFIRM, LETTER = 1, 2, 3  # purposes of keys
NUMBERS = ("clients", "first", "rekey", "codec", "client", "round", "sender", "number", "topology", "status")


def rotate(x, r):
    return (x << r | x >> 32 - r) & MASK32


def chacha20_block(key, counter, nonce):
    start = list(struct.unpack("<16I", b"expand 32-byte k" + key + struct.pack("<I", counter) + nonce))
    x = list(start)
    for a, b, c, d in [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                       (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)] * 10:
        for i, j, k, r in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[i] = (x[i] + x[j]) & MASK32
            x[k] = rotate(x[k] ^ x[i], r)
    return struct.pack("<16I", *((a + b) & MASK32 for a, b in zip(x, start)))


def poly1305(key, message):
    r, s = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF, int.from_bytes(key[16:], "little")
    total = 0
    for at in range(0, len(message), 16):
        total = (total + int.from_bytes(message[at:at + 16] + b"\1", "little")) * r % (2**130 - 5)
    return ((total + s) % 2**128).to_bytes(16, "little")


def padded(data):
    return data + bytes(-len(data) % 16)


def unseal(key, nonce, data, sealed):
    """The plain text; None where the tag is wrong."""
    text, tag = sealed[:-16], sealed[-16:]
    lengths = struct.pack("<QQ", len(data), len(text))
    if poly1305(chacha20_block(key, 0, nonce)[:32], padded(data) + padded(text) + lengths) != tag:
        return None
    stream = b"".join(chacha20_block(key, 1 + i, nonce) for i in range(-(-len(text) // 64)))
    return bytes(a ^ b for a, b in zip(text, stream))


def digest(*parts, key=b""):
    return hashlib.blake2b(b"".join(parts), digest_size=32, key=key).digest()


def key_of(session, name, purpose, sender, epoch):
    """name: the session's, or the meeting's."""
    return digest(b"laconic-seal-1\0", name, struct.pack("<IIQ", purpose, sender, epoch), key=session["group"])


def data_of(session, round_, sender, codec, length):
    return session["session"] + struct.pack("<QIIIQ", round_, sender, 0, codec, length)


def nonce_of(round_):
    return struct.pack("<QI", round_, 0)


def examples(path):
    current = {}
    for line in path.read_text().splitlines() + ["example end"]:
        if not line or line.startswith("#"):
            continue
        key, _, rest = line.partition(" ")
        if key == "example":
            if current:
                yield current
            current = {"example": rest}
        elif key in ("fields", "sent"):
            current[key] = tuple(int(word) for word in rest.split())
        elif key in NUMBERS:
            current[key] = int(rest)
        else:
            current[key] = current.get(key, b"") + bytes.fromhex(rest)


def check_session(tap, s):
    meeting = digest(b"laconic-meeting-1\0", struct.pack("<Q", s["clients"]), s["random"])
    tap.ok(meeting == s["meeting"], "the meeting is the digest of the clients' randoms as described")
    tap.ok(digest(b"laconic-session-1\0", meeting, s["configuration"]) == s["session"],
           "the session is the digest of meeting and configuration as described")


def check_confirm(tap, s, example):
    clients = range(example["first"], s["clients"])
    said = b"".join(key_of(s, s[name], CONFIRM, client, 0) for client in clients for name in ("meeting", "session"))
    tap.ok(example["frame"][32:] == said, "CONFIRM has two keys of each client, of the meeting and of the session")


def opens_alone(key, nonce, data, sealed, plain):
    changed = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1:] for at in range(0, len(sealed), 7)]
    return unseal(key, nonce, data, sealed) == plain and not any(unseal(key, nonce, data, one) for one in changed)


def check_block(tap, s, example):
    body, round_, client = example["frame"][32:], example["round"], example["client"]
    key = key_of(s, s["session"], BLOCK, client, round_ // example["rekey"])
    data = data_of(s, round_, client, example["codec"], len(body) - 16)
    tap.ok(opens_alone(key, nonce_of(round_), data, body, example["plain"]),
           "the BLOCK of round %d opens as described, and a changed one does not" % round_)


def check_letter(tap, s, example):
    body, number, sender = example["frame"][32:], example["number"], example["sender"]
    key = key_of(s, s["session"], LETTER, sender, 0)
    tap.ok(opens_alone(key, nonce_of(number), data_of(s, number, sender, 0, len(body) - 16), body, example["plain"]),
           "LETTER %d opens as described, and a changed one does not" % number)
    tap.ok(example["plain"][:6] == b"LAC\1" + struct.pack("<H", 14) and len(example["frame"]) == len(example["plain"]) + 48,
           "in it is a whole frame, 48 bytes shorter")


def check_account(tap, s, example):
    tap.ok(example["frame"][32:] == struct.pack("<II10Q", example["clients"], example["topology"], *example["fields"]), "ACCOUNT has its twelve numbers as described")


def check_close(tap, s, example):
    body = struct.pack("<II3Q", example["status"], 1, *example["sent"]) if "status" in example else b""
    tap.ok(example["frame"][32:] == body, "CLOSE has a status and what went to other ranks, or of rank 0 nothing")


CHECKS = {"CONFIRM": (17, check_confirm), "BLOCK": (18, check_block), "LETTER": (19, check_letter), "ACCOUNT": (20, check_account),
          "CLOSE": (21, check_close)}
TEXT = (b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.")
SEALED = bytes.fromhex("d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f"
                       "2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691")


def check(tap, path, check_header):
    """check_header(example): of the frame, as of any."""
    tap.ok(unseal(bytes(range(0x80, 0xA0)), bytes.fromhex("070000004041424344454647"), bytes.fromhex("50515253c0c1c2c3c4c5c6c7"), SEALED) == TEXT,
           "the cipher opens the example of RFC 8439, 2.8.2")
    session = {}
    for example in examples(path):
        if example["example"] == "session":
            session = example
            check_session(tap, session)
            continue
        message, check_body = CHECKS[example["example"]]
        frame = example["frame"]
        defaults = {"message": message, "flags": 0, "client": MASK32, "round": example.get("number", 0), "length": len(frame) - 32}
        check_header({**defaults, **example})
        check_body(tap, session, example)
