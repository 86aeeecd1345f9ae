"""Rebuilds the files of the raw topic with a Python Kafka client: rebuild.py BROKER USER PASSWORD DIR"""
import os, struct, sys
from kafka import KafkaConsumer, TopicPartition

def uv(b, i):
    n = shift = 0
    while True:
        n, shift, i = n | (b[i] & 127) << shift, shift + 7, i + 1
        if b[i - 1] < 128: return n, i
def text(b, i):
    n, i = uv(b, i)
    return b[i:i + n], i + n

broker, user, password, out = sys.argv[1:]
login = dict(security_protocol="SASL_PLAINTEXT", sasl_mechanism="PLAIN", sasl_plain_username=user, sasl_plain_password=password) if user else {}
c = KafkaConsumer(bootstrap_servers=broker, **login)
parts = [TopicPartition("raw", p) for p in c.partitions_for_topic("raw")]
c.assign(parts); c.seek_to_beginning(); end = c.end_offsets(parts)
while any(c.position(p) < end[p] for p in parts):
    for records in c.poll(1000).values():
        for r in records:
            b, at = dict(r.headers)["m"], 0
            _, i = text(b, 5); _, i = uv(b, i + 8); _, i = text(b, i); _, i = uv(b, i); n, i = uv(b, i)
            for _ in range(n): _, i = text(b, i)
            n, i = uv(b, i)
            for _ in range(n):
                kind, flags, name = b[i], b[i + 1], b[i + 2:i + 18].hex(); off, i = uv(b, i + 18); size, i = uv(b, i)
                for _ in range(4 + (flags >> 1 & 1) + (0, 0, 2, 1)[kind]): _, i = uv(b, i)
                if flags & 8:
                    events, i = uv(b, i)
                    for _ in range(events):
                        spans, i = uv(b, i)
                        for _ in range(2 * spans): _, i = uv(b, i)
                if kind == 1:
                    with os.fdopen(os.open(os.path.join(out, name), os.O_CREAT | os.O_WRONLY), "wb") as f: f.seek(off); f.write(r.value[at:at + size])
                    at += size
