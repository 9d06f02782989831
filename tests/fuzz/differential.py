#!/usr/bin/env python3
"""Compares our safetensors reader with the reference (the PyPI package) on mutated files.

    differential.py path/to/safetensors_verdict [cases] [seed]

What we accept, the reference must accept, with the same names, types, shapes and bytes. What only
the reference accepts must be one of the differences that are on purpose.
"""
import collections
import hashlib
import json
import random
import struct
import subprocess
import sys

from safetensors import deserialize

# Stricter on purpose: duplicate keys, unknown fields and other spellings of an entry, limits on
# names, ranks and 63-bit sizes, `"__metadata__": null`, nesting inside unknown fields.
ON_PURPOSE = {"ST_DUP_KEY", "ST_FIELD", "ST_LIMIT", "ST_METADATA", "ST_OVERFLOW", "ST_JSON"}

BYTES = {"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F16": 2, "BF16": 2, "I16": 2, "F32": 4,
         "I32": 4, "F64": 8, "I64": 8, "C64": 8}
WORDS = ["0", "1", "2", "4", "8", "-0", "-1", "1.0", "1e0", "18446744073709551615",
         "9223372036854775808", "null", "true", "[]", "{}", '""', '"F32"', '"F4"', '"X"', "[0,0]",
         "[[1]]", '"a"', '"\\u0061"', '"\\ud800"', '"__metadata__"', '"dtype"', '"shape"',
         '"data_offsets"', " ", ",", ":", "{", "}", "[", "]", "\n", "\x00"]


def good_file(rng):
    header, data, offset = {}, b"", 0
    if rng.random() < 0.3:
        header["__metadata__"] = {"k": "v"}
    for i in range(rng.randrange(4)):
        dtype = rng.choice(list(BYTES))
        shape = [rng.randrange(4) for _ in range(rng.randrange(4))]
        size = BYTES[dtype]
        for axis in shape:
            size *= axis
        header[rng.choice("abc") + str(i)] = {
            "dtype": dtype, "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
        data += rng.randbytes(size)
    items = list(header.items())
    rng.shuffle(items)
    separators = rng.choice([(",", ":"), (", ", ": ")])
    return json.dumps(dict(items), separators=separators), data


def mutate(rng, text):
    for _ in range(rng.randrange(4)):
        at, end = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
        kind = rng.randrange(5)
        if kind == 0:
            text = text[:at] + rng.choice(WORDS) + text[at:]
        elif kind == 1:
            text = text[:at] + rng.choice(WORDS) + text[at + rng.randrange(1, 4):]
        elif kind == 2:
            text = text[:at] + text[at + 1:]
        elif kind == 3 and end - at < 80:
            text = text[:end] + text[at:end] + text[end:]
        elif kind == 4:
            spots = [i for i, c in enumerate(text) if c.isdigit()]
            if spots:
                i = rng.choice(spots)
                text = text[:i] + rng.choice("0123456789") + text[i + 1:]
    return text


def make_case(rng):
    text, data = good_file(rng)
    raw = mutate(rng, text).encode("utf-8", "surrogatepass")
    if rng.random() < 0.1 and raw:
        at = rng.randrange(len(raw))
        raw = raw[:at] + bytes([rng.randrange(256)]) + raw[at + 1:]
    if rng.random() < 0.1:
        data = data[:-1] if rng.random() < 0.5 else data + b"x"
    size = len(raw) + (rng.choice([-1, 1, 1 << 40]) if rng.random() < 0.05 else 0)
    return struct.pack("<Q", size & (1 << 64) - 1) + raw + data


def reference(case):
    try:
        tensors = deserialize(case)
    except Exception:
        return None
    digest = hashlib.sha256()
    for name, info in sorted(tensors, key=lambda item: item[0].encode()):
        shape = "".join(f"{axis}," for axis in info["shape"])
        digest.update(f"{name}\n{info['dtype']}\n{shape}".encode() + bytes(info["data"]))
    return digest.hexdigest()


def main():
    program = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    tally, failures = collections.Counter(), 0
    while count > 0:
        cases = [make_case(rng) for _ in range(min(count, 20_000))]
        count -= len(cases)
        stream = b"".join(struct.pack("<Q", len(c)) + c for c in cases)
        ours = subprocess.run([program], input=stream, capture_output=True, check=True)
        for case, line in zip(cases, ours.stdout.decode().splitlines(), strict=True):
            theirs = reference(case)
            accepted = line.startswith("ok ")
            if theirs is None:
                fine, kind = not accepted, "both refuse"
            elif accepted:
                fine, kind = line == "ok " + theirs, "both accept"
            else:
                fine, kind = line in ON_PURPOSE, f"only the reference accepts: {line}"
            tally[kind if fine else "DIFFERENT"] += 1
            if not fine:
                failures += 1
                print(f"ours {line}, reference {theirs}: {case!r}")
    for kind, number in sorted(tally.items()):
        print(f"{number:9} {kind}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
