"""The levels of the dithering compressors by proto/README.md alone."""
import math

from index_sets import Refused, index_set


def dither_levels(words):
    return int(words.get("levels", 1))


def dither_omega(p_default, natural=False):
    def omega(words, count):
        s, p = dither_levels(words), float(words.get("norm", p_default))
        ratio = count ** (1 / p) if p < 2 else math.sqrt(count)
        if natural:
            big = ratio * 2.0 ** (1 - s)
            return 0.125 + big * min(1.0, big)
        return min(ratio * ratio / (4 * s * s), (ratio - 1) / (2 * s if p == math.inf else s))
    return omega


def level_block_fixed(bits, m, s):
    if s > 1:
        width = 1
        while 2**width <= 2 * s:
            width += 1
        codes = [bits.field(width) for _ in range(m)]
        if max(codes) > 2 * s:
            raise Refused("a level above s")
        return [code - s for code in codes]
    out = []
    while len(out) < m:
        r = min(320, m - len(out))
        q = (r + 4) // 5
        group = [bits.field(8) for _ in range(q)]
        if max(group) > 242:
            raise Refused("no five ternary levels")
        out += [group[i % q] // 3 ** (i // q) % 3 - 1 for i in range(r)]
    return out


def bucket_of(a):
    e = a.bit_length() - 1
    return a if a < 16 else 16 + 8 * (e - 4) + (a >> (e - 3)) % 8


def level_block_rans(bits, m, s):
    frequencies, out = [], []
    for _ in range(2 * bucket_of(s) + 1):
        digits = bits.field(4)
        if digits > 13:
            raise Refused("a frequency above 4096")
        frequencies.append(2 ** (digits - 1) + bits.field(digits - 1) if digits else 0)
    if sum(frequencies) != 4096:
        raise Refused("frequencies that do not add up")
    bits.padding += bits.align()
    slots = [(symbol, place) for symbol, f in enumerate(frequencies) for place in range(f)]
    states = [bits.field(29) for _ in range(32 if m >= 32768 else 8 if m >= 4096 else 1)]
    bits.padding += bits.align()
    if not all(x >= 2**13 for x in states):
        raise Refused("a state out of range")
    symbols = []
    for i in range(m):
        x = states[i % len(states)]
        symbol, place = slots[x % 4096]
        x = frequencies[symbol] * (x // 4096) + place
        states[i % len(states)] = x if x >= 2**13 else x * 2**16 + bits.field(16)
        symbols.append(symbol)
    if any(x != 2**13 for x in states):
        raise Refused("states that do not end where they began")
    for symbol in symbols:
        bucket = (symbol + 1) // 2
        extra = 0 if bucket < 16 else (bucket - 16) // 8 + 1
        a = (bucket if bucket < 16 else (8 + (bucket - 16) % 8) << extra) + bits.field(extra)
        if a > s:
            raise Refused("a level above s")
        out.append(a if symbol % 2 else -a)
    bits.padding += bits.align()
    return out


def level_block_sparse(bits, m, s):
    k, ones = bits.field(17), bits.field(1)
    if k > m:
        raise Refused("too many levels")
    begin = bits.at
    kept = index_set(bits, k, m) if k else []
    bits.index += bits.at - begin
    out = [0] * m
    for j in kept:
        negative, e = bits.field(1), 0
        while not ones and not bits.field(1):
            e += 1
        a = 2**e + bits.field(e)
        if a > s:
            raise Refused("a level above s")
        out[j] = -a if negative else a
    bits.padding += bits.align()
    return out


def level_block(bits, m, s, fixed):
    coding = 0 if fixed else bits.field(8)
    if coding > 2:
        raise Refused("a reserved coding")
    return (level_block_fixed, level_block_rans, level_block_sparse)[coding](bits, m, s)


def natural_codes(bits, count, exponent_bits):
    """The codes of natural compression by their entropy."""
    codes, infinity = [], 2**exponent_bits - 1
    while len(codes) < count:
        largest = bits.field(16)
        if largest >= infinity:
            raise Refused("an exponent that is none")
        for level in level_block(bits, min(65280, count - len(codes)), infinity - 1, False):
            if abs(level) > largest:
                raise Refused("an exponent that is none")
            codes.append((largest - abs(level) + 1 if level else 0) | (level < 0) << exponent_bits)
    return codes


def values_dither(norm, words, bits, count, natural):
    s = dither_levels(words)
    if not 0.0 <= norm <= 2.0**1023:
        raise Refused("no norm")
    fixed = words.get("coding") == "fixed"
    if norm == 0.0 and not fixed:
        return [0.0] * count
    levels = []
    while len(levels) < count:
        levels += level_block(bits, min(65280, count - len(levels)), s, fixed)
    if natural:
        return [math.copysign(norm * 2.0 ** (abs(x) - s), x) if x else 0.0 for x in levels]
    return [x * (norm / s) for x in levels]
