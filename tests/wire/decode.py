"""Reads proto/vectors by proto/README.md alone: an independent decoder, so that the page stays true.

usage: decode.py FOLDER
"""
import math
import pathlib
import struct
import sys

import decode_levels

try:
    import xxhash
except ImportError:
    xxhash = None

SHARED = 4294967295
MASK32 = 0xFFFFFFFF
MASK64 = 2**64 - 1


class Refused(Exception):
    """The bytes are not what the page allows."""


# The generator


def philox(counter, key):
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & MASK32, (p0 >> 32) ^ c3 ^ k1, p0 & MASK32
        k0, k1 = (k0 + 0x9E3779B9) & MASK32, (k1 + 0xBB67AE85) & MASK32
    return c0, c1, c2, c3


class Stream:
    def __init__(self, seed, round_, client, purpose, channel, step):
        self.key = (seed & MASK32, seed >> 32)
        self.high = round_ | client << 40 | purpose << 72 | channel << 80 | step << 84
        self.block, self.words = 0, []

    def word(self):
        if not self.words:
            counter = self.block | self.high << 32
            self.words = list(philox([counter >> s & MASK32 for s in (0, 32, 64, 96)], self.key))
            self.block += 1
        return self.words.pop(0)

    def word64(self):
        low = self.word()
        return low | self.word() << 32

    def uniform(self):
        return (self.word64() >> 11) * 2.0**-53

    def below(self, bound):
        while True:
            word = self.word64()
            if word >= 2**64 % bound:
                return word % bound


class Permutation:
    def __init__(self, stream, size):
        self.size = size
        if size <= 64:
            self.table = list(range(size))
            for i in range(size - 1, 0, -1):
                j = stream.below(i + 1)
                self.table[i], self.table[j] = self.table[j], self.table[i]
            return
        self.rows = math.isqrt(size - 1) + 1
        self.columns = -(-size // self.rows)
        self.keys = []
        for _ in range(8):
            add = stream.word()
            self.keys.append((add, stream.word() | 1))

    def mix(self, t, x, bound):
        h = (x + self.keys[t][0]) * self.keys[t][1] & MASK64
        h ^= h >> 29
        h = h * 0x9E3779B97F4A7C15 & MASK64
        return (h >> 32) * bound >> 32

    def __call__(self, i):
        if self.size <= 64:
            return self.table[i]
        while True:
            high, low = divmod(i, self.columns)
            for t in range(0, 8, 2):
                high = (high + self.mix(t, low, self.rows)) % self.rows
                low = (low + self.mix(t + 1, high, self.columns)) % self.columns
            i = high * self.columns + low
            if i < self.size:
                return i


# Bits


class Bits:
    def __init__(self, data):
        self.data, self.at = data, 0
        self.padding = self.index = 0  # within the values

    def field(self, count):
        value = 0
        for b in range(count):
            if self.at == 8 * len(self.data):
                raise Refused("the bytes end too early")
            value |= (self.data[self.at // 8] >> self.at % 8 & 1) << b
            self.at += 1
        return value

    def align(self):
        count = -self.at % 8
        if self.field(count):
            raise Refused("ones in the padding")
        return count

    def doubles(self, count):
        assert self.at % 8 == 0
        start = self.at // 8
        if len(self.data) < start + 8 * count:
            raise Refused("the bytes end too early")
        self.at += 64 * count
        return list(struct.unpack("<%dd" % count, self.data[start:start + 8 * count]))


def index_set(bits, k, d):
    if k == d:
        return list(range(d))
    field = bits.field(8)
    coding, parameter = field & 3, field >> 2
    if coding == 0 and parameter == 0:
        found = [bits.field((d - 1).bit_length()) for _ in range(k)]
    elif coding == 1 and parameter == 0:
        found = [j for j in range(d) if bits.field(1)]
    elif coding == 2 and parameter < 32:
        found, previous = [], -1
        for _ in range(k):
            quotient = 0
            while not bits.field(1):
                quotient += 1
            previous += 1 + (quotient << parameter) + bits.field(parameter)
            found.append(previous)
    else:
        raise Refused("a reserved coding")
    if len(found) != k or found[-1] >= d or any(a >= b for a, b in zip(found, found[1:])):
        raise Refused("indices that do not ascend below d")
    return found


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


def select_randk(draw, words, bits):
    k = count_of(words, draw["d"])
    pi = Permutation(stream_of(draw, draw["client"], 0), draw["d"])
    return [pi(i) for i in range(k)], draw["d"] / k


def select_permk(draw, words, bits):
    d, c, p = draw["d"], draw["cohort"], draw["position"]
    pi = Permutation(stream_of(draw, SHARED, 0), d)
    sigma = Permutation(stream_of(draw, SHARED, 1), c)
    if d >= c:
        q = d // c
        return [pi(p * q + i) for i in range(q)] + [pi(c * q + s) for s in range(d % c) if sigma(s) == p], float(c)
    m = sigma(p) % d
    return [pi(m)], c / (c // d + (m < c % d))


# Quantizers: each reads so many values; UNBIASED has omega where a contractive selector is scaled by it


def values_fp64(draw, words, bits, count):
    return bits.doubles(count)


def values_natural(draw, words, bits, count):
    out = []
    for _ in range(count):
        exponent, sign = bits.field(11), bits.field(1)
        if exponent == 2047:
            raise Refused("an infinite value")
        out.append(struct.unpack("<d", struct.pack("<Q", sign << 63 | exponent << 52))[0])
    return out


SELECTORS = {"identity": select_identity, "topk": select_topk, "randk": select_randk, "permk": select_permk}
QUANTIZERS = {"fp64": values_fp64, "natural": values_natural}
CONTRACTIVE = {"topk"}
OMEGA = {"fp64": lambda words, count: 0.0, "natural": lambda words, count: 0.125}


decode_levels.share(Refused, index_set)
QUANTIZERS["dithering"] = QUANTIZERS["qsgd"] = QUANTIZERS["terngrad"] = decode_levels.values_dither()
QUANTIZERS["natural-dithering"] = decode_levels.values_dither(natural=True)
OMEGA["dithering"] = OMEGA["qsgd"] = decode_levels.dither_omega("2")
OMEGA["terngrad"] = decode_levels.dither_omega("inf")
OMEGA["natural-dithering"] = decode_levels.dither_omega("2", natural=True)


def words_of(part):
    """"topk:k=3,round=down" -> "topk", {"k": "3", "round": "down"}; a bare value has the key ""."""
    name, _, rest = part.partition(":")
    pairs = [word.partition("=") for word in rest.split(",")] if rest else []
    return name, {key if equals else "": value if equals else key for key, equals, value in pairs}


def parts_of(text):
    parts = [words_of(part) for part in text.split("+")]
    if parts[0][0] in QUANTIZERS:
        parts.insert(0, ("identity", {}))
    return parts + [("fp64", {})] * (2 - len(parts))


def decode(draw, section):
    bits = Bits(section)
    (selector, select_words), (quantizer, value_words) = parts_of(draw["example"])
    kept, gain = SELECTORS[selector](draw, select_words, bits)
    index_bits, padding = bits.at, bits.align()
    begin = bits.at
    values = QUANTIZERS[quantizer](draw, value_words, bits, len(kept)) if len(kept) else []
    value_bits = bits.at - begin - bits.padding - bits.index
    index_bits += bits.index
    padding += bits.padding + bits.align()
    if bits.at != 8 * len(section):
        raise Refused("bytes are left over")
    if selector in CONTRACTIVE and len(kept) < draw["d"]:
        gain = gain / (1.0 + OMEGA[quantizer](value_words, len(kept)))
    out = [0.0] * draw["d"]
    for j, value in zip(kept, values):
        out[j] += gain * value
    return out, (value_bits, index_bits, padding)


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


def check_meaning(tap, example):
    """What the page says of C itself, where it can be seen in one example."""
    (selector, words), (quantizer, _) = parts_of(example["example"])
    v, out, d = example["input"], example["output"], example["d"]
    if selector == "identity" and quantizer == "fp64":
        tap.ok(out == v, "%s: the output is the input" % example["example"])
    elif selector == "topk" and quantizer == "fp64":
        order = sorted(range(d), key=lambda j: (-abs(v[j]), j))
        kept = set(order[:count_of(words, d)])
        tap.ok(out == [x if j in kept else 0.0 for j, x in enumerate(v)],
               "%s: the largest are kept, the lowest index of equal ones" % example["example"])
    elif selector == "identity" and quantizer == "natural":
        stream = Stream(example["seed"], example["round"], example["client"], 3, example["channel"], 0)
        good = True
        for x, y in zip(v, out):
            bits = struct.unpack("<Q", struct.pack("<d", x))[0]
            exponent = (bits >> 52 & 2047) + (stream.word() < (bits >> 20 & MASK32))
            good = good and y == struct.unpack("<d", struct.pack("<Q", (bits >> 63 << 63) | exponent << 52))[0]
        tap.ok(good, "natural: each entry is rounded by its word of the stream")


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
    tap.ok(set(names) == {name + ".hex" for name in [*SELECTORS, *QUANTIZERS, "frame", "generator"]},
           "this decoder knows every file of vectors")
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
