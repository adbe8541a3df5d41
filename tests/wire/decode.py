"""Reads proto/vectors by proto/README.md alone: an independent decoder, so that the page stays true.

usage: decode.py FOLDER
"""
import fractions
import math
import pathlib
import struct
import sys

import decode_levels
import decode_sealed
from generator import MASK32, SHARED, Permutation, Stream, philox
from index_sets import Bits, Refused, index_set, subset
from narrow import narrow, neighbours

try:
    import xxhash
except ImportError:
    xxhash = None


# Selectors: each yields the kept coordinates and the gain, and reads what the section says of them


def count_of(words, d):
    value = words.get("k", words.get("", None))
    return math.ceil(float(value[:-1]) * d / 100) if value.endswith("%") else int(value)


def stream_of(draw, client, step):
    return Stream(draw["seed"], draw["round"], client, 2, draw["channel"], step)


def select_identity(draw, words, bits):
    return range(draw["d"]), 1.0


def select_topk(draw, words, bits):
    return index_set(bits, count_of(words, draw["d"]), draw["d"]), 1.0


def select_blocktopk(draw, words, bits):
    d, block, k = draw["d"], int(words["block"]), int(words["k"])
    sizes = [min(block, d - first) for first in range(0, d, block)]
    if min(block, d) <= 64:
        kept = [subset(bits, block * i, n, min(k, n)) for i, n in enumerate(sizes)]
        return [j for part in kept for j in part], 1.0
    found = index_set(bits, sum(min(k, n) for n in sizes), d)
    if any(sum(j // block == i for j in found) != min(k, n) for i, n in enumerate(sizes)):
        raise Refused("a block with another number")
    return found, 1.0


def counted_set(bits, most, d):
    count = bits.field(most.bit_length())
    if count > most:
        raise Refused("too many are kept")
    return (index_set(bits, count, d) if count else []), 1.0


def select_toplek(draw, words, bits):
    return counted_set(bits, count_of(words, draw["d"]), draw["d"])


def select_threshold(draw, words, bits):
    return counted_set(bits, draw["d"], draw["d"])


def select_randk(draw, words, bits):
    k = count_of(words, draw["d"])
    pi = Permutation(stream_of(draw, draw["client"], 0), draw["d"])
    return [pi(i) for i in range(k)], draw["d"] / k


def permk_draw(draw, step):
    """The coordinates that one draw keeps, and their gain."""
    d, c, p = draw["d"], draw["cohort"], draw["position"]
    pi = Permutation(stream_of(draw, SHARED, step), d)
    sigma = Permutation(stream_of(draw, SHARED, step + 1), c)
    if d >= c:
        q = d // c
        return [pi(p * q + i) for i in range(q)] + [pi(c * q + s) for s in range(d % c) if sigma(s) == p], float(c)
    k = sigma(p) % d
    return [pi(k)], c / (c // d + (k < c % d))


def select_permk(draw, words, bits):
    m = int(words.get("draws", "1"))
    draws = [permk_draw(draw, 2 * t) for t in range(m)]
    return sum((kept for kept, _ in draws), []), draws[0][1] / m


def select_bernoulli(draw, words, bits):
    p = float(words["p"])
    heads = stream_of(draw, draw["client"], 0).uniform() < p
    return range(draw["d"]) if heads else [], 1 / p


def select_randseqk(draw, words, bits):
    k = count_of(words, draw["d"])
    start = stream_of(draw, draw["client"], 0).below(draw["d"])
    return [(start + i) % draw["d"] for i in range(k)], draw["d"] / k


# Quantizers: each reads so many values; UNBIASED has omega where a contractive selector is scaled by it


def values_fp64(draw, words, bits, count):
    return bits.doubles(count)


FORMATS = {"fp32": (8, 23), "bf16": (8, 7), "fp16": (5, 10)}


def format_of(quantizer, draw, words):
    if quantizer == "natural":
        return (11 if words.get("bits", "12" if draw.get("wire", "fp64") == "fp64" else "9") == "12" else 8, 0)
    return FORMATS[quantizer]


def values_narrow(quantizer):
    def values(draw, words, bits, count):
        e, m = format_of(quantizer, draw, words)
        if words.get("coding", "fixed") != "fixed":
            return [narrow(code, e, m) for code in decode_levels.natural_codes(bits, count, e)]
        return [narrow(bits.field(1 + e + m), e, m) for _ in range(count)]
    return values


def scalars(draw, bits, count):
    if draw.get("wire", "fp64") == "fp64":
        found = bits.doubles(count)
    else:
        found = [narrow(bits.field(32), 8, 23) for _ in range(count)]
    if not all(map(math.isfinite, found)):
        raise Refused("an infinite value")
    return found


def values_sign(draw, words, bits, count):
    scale = scalars(draw, bits, 1)[0]
    if math.copysign(1.0, scale) < 0:
        raise Refused("a scale below zero")
    return [-scale if bits.field(1) else scale for _ in range(count)]


def values_dither(draw, words, bits, count):
    return decode_levels.values_dither(scalars(draw, bits, 1)[0], words, bits, count, False)


def values_natural_dithering(draw, words, bits, count):
    return decode_levels.values_dither(scalars(draw, bits, 1)[0], words, bits, count, True)


def whole_rankk(draw, words, bits):
    d, k = draw["d"], int(words.get("k", words.get("", None)))
    rows = math.isqrt(d - 1) + 1
    columns = -(-d // rows)
    p, r = scalars(draw, bits, k * rows), scalars(draw, bits, k * columns)
    out = []
    for j in range(d):
        terms = [p[c * rows + j // columns] * r[c * columns + j % columns] for c in range(k)]
        value = terms[0]
        for term in terms[1:]:
            value += term
        out.append(0.0 + value)
    return out


SELECTORS = {"identity": select_identity, "topk": select_topk, "randk": select_randk, "permk": select_permk,
             "bernoulli": select_bernoulli, "randseqk": select_randseqk,
             "blocktopk": select_blocktopk, "toplek": select_toplek, "threshold": select_threshold}
QUANTIZERS = {"fp64": values_fp64, "fp32": values_narrow("fp32"), "bf16": values_narrow("bf16"),
              "fp16": values_narrow("fp16"), "natural": values_narrow("natural"), "sign": values_sign,
              "dithering": values_dither, "qsgd": values_dither, "terngrad": values_dither,
              "natural-dithering": values_natural_dithering}
WHOLE = {"rankk": whole_rankk}
CONTRACTIVE = {"topk", "blocktopk", "toplek", "threshold"}
OMEGA = {"fp64": lambda words, count: 0.0, "natural": lambda words, count: 0.125,
         "dithering": decode_levels.dither_omega("2"), "qsgd": decode_levels.dither_omega("2"),
         "terngrad": decode_levels.dither_omega("inf"),
         "natural-dithering": decode_levels.dither_omega("2", natural=True)}


def biased(quantizer, words, selector):
    """Contractive quantizers: the gain of the selector is left out."""
    nearest = words.get("round", "nearest" if selector in CONTRACTIVE else "stochastic") == "nearest"
    return quantizer == "sign" or (quantizer in FORMATS and nearest)


def omega_of(quantizer, words, count):
    if quantizer in FORMATS:
        u = 2.0**-FORMATS[quantizer][1]
        return u * u / (4 * (1 + u))
    return OMEGA[quantizer](words, count)


def words_of(part):
    """"topk:k=3,round=down" -> "topk", {"k": "3", "round": "down"}; a bare value has the key ""."""
    name, _, rest = part.partition(":")
    pairs = [word.partition("=") for word in rest.split(",")] if rest else []
    return name, {key if equals else "": value if equals else key for key, equals, value in pairs}


def parts_of(text, wire="fp64"):
    parts = [words_of(part) for part in text.split("+")]
    if parts[0][0] in QUANTIZERS:
        parts.insert(0, ("identity", {}))
    return parts + [(wire, {})] * (2 - len(parts))


def decode_parts(draw, bits):
    (selector, select_words), (quantizer, value_words) = parts_of(draw["example"], draw.get("wire", "fp64"))
    kept, gain = SELECTORS[selector](draw, select_words, bits)
    index_bits, padding = bits.at, bits.align()
    begin = bits.at
    values = QUANTIZERS[quantizer](draw, value_words, bits, len(kept)) if len(kept) else []
    value_bits = bits.at - begin - bits.padding - bits.index
    index_bits += bits.index
    padding += bits.padding + bits.align()
    if biased(quantizer, value_words, selector):
        gain = 1.0
    elif selector in CONTRACTIVE and len(kept) < draw["d"]:
        gain = gain / (1.0 + omega_of(quantizer, value_words, len(kept)))
    out = [0.0] * draw["d"]
    for j, value in zip(kept, values):
        out[j] += gain * value
    return out, (value_bits, index_bits, padding)


def decode(draw, section):
    bits = Bits(section)
    name, words = words_of(draw["example"])
    if name in WHOLE:
        out = WHOLE[name](draw, words, bits)
        counts = bits.at, 0, bits.align()
    else:
        out, counts = decode_parts(draw, bits)
    if bits.at != 8 * len(section):
        raise Refused("bytes are left over")
    return out, counts


# Test vectors


def examples(path):
    current = {}
    for line in path.read_text().splitlines() + ["example end"]:
        if not line or line.startswith("#"):
            continue
        key, _, rest = line.partition(" ")
        if key == "example":
            if current:
                yield current
            current = {"example": rest, "permutations": []}
        elif key == "permutation":
            current["permutations"].append([int(word) for word in rest.split()])
        elif key in ("section", "frame"):
            current[key] = current.get(key, b"") + bytes.fromhex(rest)
        elif key == "words":
            current[key] = [int(word, 16) for word in rest.split()]
        elif key in ("input", "output", "uniform"):
            current[key] = [float(word) for word in rest.split()]
        elif key in ("bits", "below"):
            current[key] = tuple(int(word) for word in rest.split())
        elif key == "wire":
            current[key] = rest
        else:
            current[key] = int(rest)


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def ok(self, good, sentence):
        self.count += 1
        self.failed += not good
        print("%sok %d - %s" % ("" if good else "not ", self.count, sentence))

    def skip(self, sentence, why):
        self.count += 1
        print("ok %d - %s # SKIP %s" % (self.count, sentence, why))

    def done(self):
        print("1..%d" % self.count)
        return 1 if self.failed else 0


def refused(draw, section):
    try:
        decode(draw, section)
    except Refused:
        return True
    return False


def check_section(tap, example):
    name = "%s at d=%d" % (example["example"], example["d"])
    out, counts = decode(example, example["section"])
    tap.ok(struct.pack("%dd" % len(out), *out) == struct.pack("%dd" % len(out), *example["output"]),
           "%s: the section is decoded to the bits of the output" % name)
    tap.ok(counts == example["bits"] and sum(counts) == 8 * len(example["section"]),
           "%s: its bits are values, indices and padding as counted" % name)
    tap.ok(all(refused(example, example["section"][:n]) for n in range(len(example["section"]))),
           "%s: every truncation is refused" % name)


def rounded(example, quantizer, words):
    """What the page says that the sender makes of the input, for all entries; it refuses what is too large."""
    e, m = format_of(quantizer, example, words)
    names = (example["seed"], example["round"], example["client"], 3, example["channel"])
    stream, ties, word = Stream(*names, 0), Stream(*names, 1), 0
    top = ((1 << e) - 1 << m) - 1
    for j, x in enumerate(example["input"]):
        code, part = neighbours(x, e, m)
        code, part = (top, fractions.Fraction(0)) if code >= top else (code, part)
        if words.get("round") == "nearest":
            up = part > fractions.Fraction(1, 2) or (2 * part == 1 and code % 2 == 1)
        else:
            word = word if j % 2 else stream.word()
            number, wanted = word >> 16 * (j % 2) & 0xFFFF, math.floor(part * 2**64)
            up = number < wanted >> 48
            if number == wanted >> 48:
                up = ties.word64() % 2**48 < wanted % 2**48
        yield math.copysign(narrow(code + up, e, m), x)


def transposed(rows):
    return [list(row) for row in zip(*rows)]


def check_rankk(tap, example, words):
    """P is orthonormal, and C(v) is the projection of M on it."""
    d, k, v = example["d"], int(words.get("k", 0)), example["input"]
    rows = math.isqrt(d - 1) + 1
    columns = -(-d // rows)
    bits = Bits(example["section"])
    p = scalars(example, bits, k * rows)
    p = [p[c * rows:(c + 1) * rows] for c in range(k)]
    r = scalars(example, bits, k * columns)
    padded = v + [0.0] * (rows * columns - d)
    m = transposed([padded[i * columns:(i + 1) * columns] for i in range(rows)])
    dot = lambda x, y: sum(a * b for a, b in zip(x, y))
    tap.ok(all(abs(dot(x, y) - (i == j)) < 1e-6 for i, x in enumerate(p) for j, y in enumerate(p)),
           "%s: P is orthonormal" % example["example"])
    tap.ok(all(abs(dot(m[j], p[c]) - r[c * columns + j]) < 1e-5 for c in range(k) for j in range(columns)),
           "%s: R is M^T P" % example["example"])


def check_meaning(tap, example):
    """What the page says of C itself, where it can be seen in one example."""
    name, whole_words = words_of(example["example"])
    if name in WHOLE:
        return check_rankk(tap, example, whole_words)
    (selector, words), (quantizer, value_words) = parts_of(example["example"], example.get("wire", "fp64"))
    v, out, d = example["input"], example["output"], example["d"]
    if selector == "identity" and quantizer == "fp64":
        tap.ok(out == v, "%s: the output is the input" % example["example"])
    elif selector == "topk" and quantizer == "fp64":
        order = sorted(range(d), key=lambda j: (-abs(v[j]), j))
        kept = set(order[:count_of(words, d)])
        tap.ok(out == [x if j in kept else 0.0 for j, x in enumerate(v)],
               "%s: the largest are kept, the lowest index of equal ones" % example["example"])
    elif selector == "blocktopk" and quantizer == "fp64":
        block, k = int(words["block"]), int(words["k"])
        kept = set()
        for first in range(0, d, block):
            kept |= set(sorted(range(first, min(d, first + block)), key=lambda j: (-abs(v[j]), j))[:k])
        tap.ok(out == [x if j in kept else 0.0 for j, x in enumerate(v)],
               "%s: the largest of each block are kept" % example["example"])
    elif selector == "threshold" and quantizer == "fp64":
        bound = float(words["ratio"]) * math.sqrt(math.fsum(x * x for x in v) / d)
        tap.ok(out == [x if abs(x) >= bound and x else 0.0 for x in v],
               "%s: what reaches the threshold is kept" % example["example"])
    elif selector == "toplek" and quantizer == "fp64":
        order = sorted((j for j in range(d) if v[j]), key=lambda j: (-abs(v[j]), j))
        energy, need, count = 0.0, count_of(words, d) / d * math.fsum(x * x for x in v), 0
        u = Stream(example["seed"], example["round"], example["client"], 3, example["channel"], 16).uniform()
        while energy < need:
            last = v[order[count]] ** 2
            count += 1 if energy + last < need or u * last < need - energy else 0
            energy += last
        tap.ok(out == [x if j in order[:count] else 0.0 for j, x in enumerate(v)],
               "%s: m or m - 1 of the largest are kept, as the coin says" % example["example"])
    elif selector == "identity" and (quantizer in FORMATS or quantizer == "natural"):
        tap.ok(out == list(rounded(example, quantizer, value_words)),
               "%s: each entry is rounded as described" % example["example"])
    elif selector == "identity" and quantizer == "sign":
        scale = math.fsum(map(abs, v)) / d
        tap.ok(all(abs(y - (-scale if x < 0 else scale)) < 1e-6 * scale for x, y in zip(v, out)),
               "%s: each entry is the mean magnitude with its sign" % example["example"])


def check_generator(tap, example):
    names = ("seed", "round", "client", "purpose", "channel", "step")
    stream = lambda: Stream(*(example[name] for name in names))
    s = stream()
    tap.ok([s.word() for _ in example["words"]] == example["words"], "the generator's words are as described")
    s = stream()
    tap.ok([s.uniform() for _ in example["uniform"]] == example["uniform"], "uniform numbers are as described")
    s = stream()
    tap.ok(tuple(s.below(3 + i) for i in range(len(example["below"]))) == example["below"],
           "bounded numbers are as described")
    for size, *values in example["permutations"]:
        pi = Permutation(stream(), size)
        tap.ok([pi(i) for i in range(len(values))] == values, "the permutation of %d is as described" % size)


def check_frame(tap, example):
    frame = example["frame"]
    magic, version, message, flags, client, checksum, round_, length = struct.unpack("<3sBHHIIQQ", frame[:32])
    tap.ok((magic, version, message, flags, client, round_, length) ==
           (b"LAC", 1, example["message"], example["flags"], example["client"], example["round"], example["length"])
           and len(frame) == 32 + length, "the header of a %s frame is as described" % example["example"])
    sentence = "the checksum of a %s frame is as described" % example["example"]
    if xxhash is None:
        tap.skip(sentence, "python3-xxhash is not installed")
    else:
        seed = xxhash.xxh3_64_intdigest(frame[:12] + bytes(4) + frame[16:32])
        tap.ok(xxhash.xxh3_64_intdigest(frame[32:], seed) & MASK32 == checksum, sentence)


def main(folder):
    tap = Tap()
    tap.ok(philox((0, 0, 0, 0), (0, 0)) == (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
           "Philox of zeros is the published number")
    names = sorted(path.name for path in pathlib.Path(folder).glob("*.hex"))
    tap.ok(set(names) == {name + ".hex" for name in [*SELECTORS, *QUANTIZERS, *WHOLE, "frame", "generator", "sealed"]},
           "this decoder knows every file of vectors")
    decode_sealed.check(tap, pathlib.Path(folder) / "sealed.hex", lambda example: check_frame(tap, example))
    names.remove("sealed.hex")
    for name in names:
        for example in examples(pathlib.Path(folder) / name):
            if name == "generator.hex":
                check_generator(tap, example)
            elif name == "frame.hex":
                check_frame(tap, example)
            else:
                check_section(tap, example)
                check_meaning(tap, example)
    return tap.done()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
